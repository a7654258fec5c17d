package leaderboard

// Op is what an event does to its member.
type Op string

// The operations.
const (
	Set    Op = "set"
	Incr   Op = "incr"
	Best   Op = "best"
	Remove Op = "remove"
	Patch  Op = "patch"
)

// MaxScore bounds |score| and |tie|: every integer up to it is exact in a
// float64.
const MaxScore = 1 << 53

// Event is one score event whose form has been checked at the door: names and
// texts within their limits, Op known, Score finite and within ±MaxScore.
// State.Apply judges what needs the board: identity, tie rule, overflow.
type Event struct {
	Member string
	Op     Op
	Score  float64 // set, incr, best
	Tie    *int64  // nil = not sent
	Name   *string // nil = keep
	Group  *string // nil = keep
	Cells  Cells   // merged per key; a nil value deletes

	Source     string // "" = the event is identified by ID
	Seq        uint64
	Generation uint64 // 0 = not sent: not fenced
	ID         string
	Epoch      string // "" = not sent: any
	Public     bool   // shown also while the board is frozen

	// Refused is the permanent fault found at the door. The event changes
	// nothing but consumes its seq (or id), so that a resend is refused again.
	Refused *Refusal
}

// Refusal says why an event was not applied. Code is one of the codes below.
type Refusal struct {
	Code     string `json:"code"`
	Field    string `json:"field,omitempty"`
	Message  string `json:"message"`
	Expected uint64 `json:"expected,omitempty"` // with CodeGap: the next seq
}

// The codes State.Apply refuses with; they are wire codes too.
const (
	CodeGap           = "gap"            // transient: consumes nothing
	CodeStaleEpoch    = "stale_epoch"    // consumes nothing
	CodeFenced        = "fenced"         // consumes nothing
	CodeIDConflict    = "id_conflict"    // consumes nothing
	CodeBusy          = "busy"           // the id window is full; consumes nothing
	CodeBadTie        = "bad_tie"        // consumes the seq
	CodeOutOfRange    = "out_of_range"   // consumes the seq
	CodeBadCells      = "bad_cells"      // consumes the seq
	CodeUnknownMember = "unknown_member" // consumes the seq
)

// Status is the fate of an event.
type Status string

// The fates.
const (
	Applied   Status = "applied"
	Duplicate Status = "duplicate"
	Refused   Status = "refused"
)

// Result answers one event. Version is the board's version after the event
// (applied) or the current one; Score the member's score then, nil when the
// member is not on the board.
type Result struct {
	Status   Status
	Version  uint64
	Score    *float64
	Improved *bool    // op best only
	Refusal  *Refusal // with Refused
}

// SourceState tells where a source stands. Seq is the last one taken. Origin is
// the epoch in which the board's line began: a fence and a restore go on with
// it, a board that is made anew has another.
type SourceState struct {
	Source     string
	Origin     string
	Generation uint64
	Seq        uint64
}
