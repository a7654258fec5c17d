package leaderboard

import "encoding/json"

// Cells are the cells of a row by column id, each a JSON value. A Cells that
// an Entry holds is never changed; a change makes a new one.
type Cells map[string]json.RawMessage

// Entry is one line of a board without its rank. Entries are values: who gets
// one may keep it.
type Entry struct {
	Member string  `json:"member"`
	Score  float64 `json:"score"`
	Tie    int64   `json:"tie"`
	Name   string  `json:"name,omitempty"`
	Group  string  `json:"group,omitempty"`
	Cells  Cells   `json:"cells,omitempty"`
}

// Head names one state of one history of a board: Version counts effective
// changes, Chain is hash(previous chain, batch), so that two histories that
// reach the same version differ; Epoch changes when a history ends.
type Head struct {
	Epoch   string `json:"epoch"`
	Version uint64 `json:"version"`
	Chain   string `json:"chain"`
}

// Row is what one member's line became: its Entry, or gone.
type Row struct {
	Entry
	Removed bool `json:"removed,omitempty"`
}

// Delta is one entry of a board's changelog: the absolute new rows of one
// batch, which takes the board from (From, PrevChain) to (To, Chain). A member
// stands in Rows at most once. Rules is set when the batch changed them.
type Delta struct {
	Epoch     string `json:"epoch"`
	From      uint64 `json:"from"`
	To        uint64 `json:"to"`
	PrevChain string `json:"prev_chain"`
	Chain     string `json:"chain"`
	Rules     *Rules `json:"rules,omitempty"`
	Rows      []Row  `json:"rows,omitempty"`
}

// Head is the head that the delta leads to.
func (d Delta) Head() Head { return Head{Epoch: d.Epoch, Version: d.To, Chain: d.Chain} }

// Ranked is an entry with its rank, from 1.
type Ranked struct {
	Rank int
	Entry
}
