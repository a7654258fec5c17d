package leaderboard

import (
	"errors"
	"iter"
)

// What a store's methods fail with; callers branch on these with errors.Is.
var (
	ErrUnknownBoard = errors.New("no such board")
	ErrRulesFixed   = errors.New("order and tie are fixed while the board has entries")
	ErrUnavailable  = errors.New("the store cannot write now") // disk full, fsync failed
	ErrGone         = errors.New("the changelog does not reach back to that head")
	ErrDamaged      = errors.New("the parts of the board do not agree") // found by Sample, Check and Changes
	ErrExists       = errors.New("there is such a board already")       // Restore
)

// Info is a board without its entries.
type Info struct {
	Board string
	Rules Rules
	Head  Head
	Total int
}

// Outcome is what one atomic batch did. Results are in the order of the batch.
// Delta is nil if nothing changed. The batch is applied also where Proof is less
// than was asked for: then nobody may be told so; the same events, sent again,
// are duplicates.
type Outcome struct {
	Head    Head // after the batch
	Results []Result
	Delta   *Delta
	Proof   Proof
}

// Snapshot is a whole board at one head. Entries come in no order, once, and
// stay as they were at Head while writes go on.
type Snapshot struct {
	Head    Head
	Rules   Rules
	Total   int
	Entries iter.Seq[Entry]
}
