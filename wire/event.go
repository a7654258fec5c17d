package wire

import "encoding/json"

// The operations of an event.
const (
	OpSet    = "set"    // score becomes the value
	OpIncr   = "incr"   // score grows by the value
	OpBest   = "best"   // (score, tie) becomes the value if that is better
	OpRemove = "remove" // the member leaves the board
	OpPatch  = "patch"  // name, group or cells of an existing member; no score
)

// Event is one score event as a bot sends it. Absent fields are kept as they
// are on the board; a null cell is deleted.
//
// Identity is (Source, Seq), or ID, or nothing; both is bad_identity.
type Event struct {
	Member string                     `json:"member"`
	Op     string                     `json:"op"`
	Score  *float64                   `json:"score,omitempty"` // set, incr, best: finite, within ±2^53
	Tie    *int64                     `json:"tie,omitempty"`   // only where the board's tie rule is "given"; lower is better
	Name   *string                    `json:"name,omitempty"`
	Group  *string                    `json:"group,omitempty"`
	Cells  map[string]json.RawMessage `json:"cells,omitempty"`

	Source     string `json:"source,omitempty"`
	Seq        uint64 `json:"seq,omitempty"` // 1, 2, 3 … of this source on this board
	Generation uint64 `json:"generation,omitempty"`
	ID         string `json:"id,omitempty"`
	Epoch      string `json:"epoch,omitempty"`
	Audience   string `json:"audience,omitempty"` // "public": shown also while the board is frozen
}

// The levels of an ack: what an acknowledged event outlives.
const (
	AckMemory  = "memory"  // a crash of any node
	AckDisk    = "disk"    // a crash and a power cut of the store
	AckReplica = "replica" // the loss of the store's machine
	AckBoth    = "both"    // both
)

// The fates of an event.
const (
	Applied   = "applied"
	Duplicate = "duplicate"
	Refused   = "refused"
)

// Result is the answer to one event. Version is the board's version after the
// event (applied) or now (duplicate); Score the member's score then, absent
// when the member is not on the board.
type Result struct {
	Status   string   `json:"status"`
	Epoch    string   `json:"epoch,omitempty"`
	Version  uint64   `json:"version"`
	Member   string   `json:"member"`
	Score    *float64 `json:"score,omitempty"`
	Improved *bool    `json:"improved,omitempty"` // op best: whether the row changed
	ID       string   `json:"id,omitempty"`       // the id, also one the node made
	Ack      string   `json:"ack,omitempty"`      // applied, duplicate: the level that was proven, at least the one asked for
	Line     int      `json:"line,omitempty"`     // NDJSON: the line the event stood on, from 1
	Error    *Error   `json:"error,omitempty"`
}

// Results is the answer to a body or message of events, in request order.
type Results struct {
	Results []Result `json:"results"`
}

// Failure is the answer to a request that failed as a whole.
type Failure struct {
	Error *Error `json:"error"`
}

// SourceState tells where a source stands on a board.
type SourceState struct {
	Source     string  `json:"source"`
	Epoch      string  `json:"epoch"`
	Origin     string  `json:"origin,omitempty"` // the epoch in which the board's line began: another one = the board was made anew; "" = unknown
	Generation uint64  `json:"generation"`
	Seq        uint64  `json:"seq"`     // the last one taken; 0 = none yet
	Durable    *uint64 `json:"durable"` // the last one known to be durable; null = unknown
}

// Standing is a SourceState that the server sends unasked to a session that
// pushes events of the source over WebSocket: when more of it has become
// durable, and when the board's history is not what it was (another epoch, or a
// Seq below what was acknowledged): then send again what comes after Seq.
type Standing struct {
	Board string `json:"board"`
	SourceState
}

// StandingFrame is a Standing as it is sent: {"standing":{…}}.
type StandingFrame struct {
	Standing Standing `json:"standing"`
}
