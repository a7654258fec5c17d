package wire

import "net/http"

// Code names an error; the table below is the whole list.
type Code string

// The codes. A permanent refusal consumes the event's seq, a transient one
// (see Code.Transient) consumes nothing: send the same event again.
const (
	BadJSON        Code = "bad_json"         // the body or frame is not the JSON it should be
	BadType        Code = "bad_type"         // a field holds another JSON type
	BadRequest     Code = "bad_request"      // a parameter is missing or not allowed
	BadName        Code = "bad_name"         // board, room, source, member or user breaks the rule of names
	BadIdentity    Code = "bad_identity"     // both id and seq, seq without source, or the other way round
	BadOp          Code = "bad_op"           // unknown operation of an event
	BadTie         Code = "bad_tie"          // a tie where the board's rule takes none, or none where it needs one
	BadCells       Code = "bad_cells"        // a cell or the row's cells are too large
	TooLong        Code = "too_long"         // a text is over its limit
	OutOfRange     Code = "out_of_range"     // a number is outside its range, before or after the operation
	UnknownBoard   Code = "unknown_board"    // no such board
	UnknownMember  Code = "unknown_member"   // no such member on the board
	UnknownOp      Code = "unknown_op"       // unknown operation of a request
	UnknownView    Code = "unknown_view"     // unknown view, or a sub that is not subscribed
	NotFound       Code = "not_found"        // no such path
	BadMethod      Code = "bad_method"       // the path does not take this method
	BadContentType Code = "bad_content_type" // a write needs a JSON content type
	TooLarge       Code = "too_large"        // body, line, frame or batch over its limit
	TooMany        Code = "too_many"         // over a count limit (subscriptions, rooms, events, connections)
	Exists         Code = "exists"           // there is such a board already
	RulesFixed     Code = "rules_fixed"      // order and tie cannot change while the board has entries
	Gap            Code = "gap"              // seq is later than the one expected
	StaleEpoch     Code = "stale_epoch"      // the event was meant for another history of the board
	Fenced         Code = "fenced"           // another sender has claimed the source since
	IDConflict     Code = "id_conflict"      // the id was used with another body
	Forbidden      Code = "forbidden"        // the role does not allow it
	AuthRequired   Code = "auth_required"    // no accepted credentials
	BadToken       Code = "bad_token"        // the token is malformed, forged or expired
	Busy           Code = "busy"             // a queue is full
	RateLimited    Code = "rate_limited"     // over the rate of the role
	Unavailable    Code = "unavailable"      // the store cannot answer now
	NotReady       Code = "not_ready"        // the board is still loading
	Behind         Code = "behind"           // min_version was not reached within wait_ms
	Internal       Code = "internal"         // a defect of the server; the message names the log line
)

// statuses is the one table of codes; CodeTable returns a copy.
var statuses = map[Code]int{
	BadJSON: 400, BadType: 400, BadRequest: 400, BadName: 400, BadIdentity: 400, BadOp: 400,
	BadTie: 400, BadCells: 400, TooLong: 400, OutOfRange: 400,
	UnknownBoard: 404, UnknownMember: 404, UnknownOp: 400, UnknownView: 404, NotFound: 404,
	BadMethod: 405, BadContentType: 415, TooLarge: 413, TooMany: 429,
	RulesFixed: 409, Exists: 409, Gap: 409, StaleEpoch: 409, Fenced: 409, IDConflict: 409,
	Forbidden: 403, AuthRequired: 403, BadToken: 401,
	Busy: 503, RateLimited: 429, Unavailable: 503, NotReady: 503, Behind: 503, Internal: 500,
}

// Status is the HTTP status a whole request with this error is answered with;
// 500 for a code outside the table.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// Known reports whether c stands in the table.
func (c Code) Known() bool { _, ok := statuses[c]; return ok }

// Transient reports whether the same event, sent again later, may be taken:
// such a refusal consumes no seq.
func (c Code) Transient() bool {
	switch c {
	case Busy, RateLimited, Unavailable, Forbidden, NotReady, Behind, Internal:
		return true
	}
	return false
}

// Codes returns every code of the table, in no order.
func Codes() []Code {
	all := make([]Code, 0, len(statuses))
	for c := range statuses {
		all = append(all, c)
	}
	return all
}

// Error is what a refused request or event is told. Field names the offending
// field of the request, where one is to blame.
type Error struct {
	Code         Code   `json:"code"`
	Message      string `json:"message"`
	Field        string `json:"field,omitempty"`
	Expected     uint64 `json:"expected,omitempty"`       // with gap: the seq that is next
	RetryAfterMS int64  `json:"retry_after_ms,omitempty"` // with a transient code: when to try again
}

// Error makes *Error an error.
func (e *Error) Error() string {
	if e.Field != "" {
		return string(e.Code) + ": " + e.Field + ": " + e.Message
	}
	return string(e.Code) + ": " + e.Message
}
