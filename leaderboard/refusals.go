package leaderboard

// The refusals that a board gives. Every store says the same words, whether it
// judges by State or by a script of its own.

// RefuseStaleEpoch: the event names another epoch.
func RefuseStaleEpoch() *Refusal {
	return &Refusal{Code: CodeStaleEpoch, Field: "epoch", Message: "the board has begun another history; ask for the source's seq and go on from there"}
}

// RefuseFenced: the event carries another generation than the source has.
func RefuseFenced() *Refusal {
	return &Refusal{Code: CodeFenced, Field: "generation", Message: "another sender has claimed the source; claim it again to go on"}
}

// RefuseGap: the seq is not the next one, which is expected.
func RefuseGap(expected uint64) *Refusal {
	return &Refusal{Code: CodeGap, Field: "seq", Message: "events before this one are missing", Expected: expected}
}

// RefuseIDConflict: the id came before with another body.
func RefuseIDConflict() *Refusal {
	return &Refusal{Code: CodeIDConflict, Field: "id", Message: "the id was used for another event"}
}

// RefuseBusy: the window of ids is full.
func RefuseBusy() *Refusal {
	return &Refusal{Code: CodeBusy, Field: "id", Message: "too many ids are remembered; wait, or send source and seq"}
}

// RefuseUnknownMember: a patch of nobody.
func RefuseUnknownMember() *Refusal {
	return &Refusal{Code: CodeUnknownMember, Field: "member", Message: "the member is not on the board"}
}

// RefuseTieNeeded: best without a tie under the rule given.
func RefuseTieNeeded() *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "best needs a tie on this board: score and tie are compared as one"}
}

// RefuseTieRule: a tie under a rule that takes none.
func RefuseTieRule(rule TieRule) *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "this board takes no tie: its rule is " + string(rule)}
}

// RefuseTieOp: a tie with patch or remove.
func RefuseTieOp() *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "a tie goes with set, incr and best"}
}

// RefuseTieRange: a tie beyond ±MaxScore.
func RefuseTieRange() *Refusal {
	return &Refusal{Code: CodeOutOfRange, Field: "tie", Message: "must be within ±2^53"}
}

// RefuseScoreRange: a score beyond ±MaxScore, sent or reached.
func RefuseScoreRange() *Refusal {
	return &Refusal{Code: CodeOutOfRange, Field: "score", Message: "must be within ±2^53, before and after"}
}

// RefuseCells: the row's cells would be over MaxCellBytes.
func RefuseCells() *Refusal {
	return &Refusal{Code: CodeBadCells, Field: "cells", Message: "the cells of a row must be at most 8 KiB together"}
}
