package wire

import "encoding/json"

// The views a session subscribes to.
const (
	ViewTop      = "top"      // the first n entries of a board
	ViewAround   = "around"   // a member and its neighbours
	ViewMe       = "me"       // the entry of the session's own member
	ViewPresence = "presence" // who is online in a room
	ViewActivity = "activity" // the latest changes of a board
)

// Push is a frame the server sends unasked: a snapshot, or a delta onto the
// state that the frame with at = From left. Sub names the subscription; all
// sessions of one view share it, and its frames.
type Push struct {
	View     string          `json:"view"`
	Sub      string          `json:"sub"`
	From     string          `json:"from,omitempty"`
	At       string          `json:"at"`
	Snapshot json.RawMessage `json:"snapshot,omitempty"`
	Delta    json.RawMessage `json:"delta,omitempty"`
}

// BoardSnapshot is the snapshot of top, around and me. Entries of `me` has the
// one entry, or none while the member is not on the board.
type BoardSnapshot struct {
	Board   string  `json:"board"`
	Rules   Rules   `json:"rules"`
	Epoch   string  `json:"epoch"`
	Version uint64  `json:"version"`
	Total   int     `json:"total"`
	Frozen  bool    `json:"frozen"`
	Entries []Entry `json:"entries"`
}

// BoardDelta is the delta of top. To fold it: remove the Gone, then set each
// of Entries by member, keeping absent fields; then order by (rank, member).
type BoardDelta struct {
	Version uint64       `json:"version"`
	Total   int          `json:"total"`
	Frozen  bool         `json:"frozen"`
	Gone    []string     `json:"gone,omitempty"`
	Entries []EntryDelta `json:"entries,omitempty"`
}

// EntryDelta is a row of a delta: rank and member alone if it only moved, else
// every field of Entry.
type EntryDelta struct {
	Rank   int                        `json:"rank"`
	Member string                     `json:"member"`
	Name   *string                    `json:"name,omitempty"`
	Group  *string                    `json:"group,omitempty"`
	Score  *float64                   `json:"score,omitempty"`
	Tie    *int64                     `json:"tie,omitempty"`
	Cells  map[string]json.RawMessage `json:"cells,omitzero"` // absent = kept; {} = none left
}

// Activity is one change of a board, newest last in a list.
type Activity struct {
	Version uint64   `json:"version"`
	Member  string   `json:"member"`
	Name    string   `json:"name"`
	Score   *float64 `json:"score,omitempty"` // absent when the member left
	Rank    int      `json:"rank,omitempty"`
	Removed bool     `json:"removed,omitempty"`
}

// ActivitySnapshot holds the latest changes (at most 50); its delta has the
// same shape and holds only the new ones.
type ActivitySnapshot struct {
	Board   string     `json:"board"`
	Epoch   string     `json:"epoch"`
	Version uint64     `json:"version"`
	Items   []Activity `json:"items"`
}
