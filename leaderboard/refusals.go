package leaderboard

// The refusals that a board gives. Every store says the same words, whether it
// judges by State or by a script of its own.

// RefuseStaleEpoch refuses an event that names another epoch.
func RefuseStaleEpoch() *Refusal {
	return &Refusal{Code: CodeStaleEpoch, Field: "epoch", Message: "the board has begun another history; ask for the source's seq and go on from there"}
}

// RefuseFenced refuses an event with another generation than the source has.
func RefuseFenced() *Refusal {
	return &Refusal{Code: CodeFenced, Field: "generation", Message: "another sender has claimed the source; claim it again to go on"}
}

// RefuseGap refuses a seq that is not the next one, which is expected.
func RefuseGap(expected uint64) *Refusal {
	return &Refusal{Code: CodeGap, Field: "seq", Message: "events before this one are missing", Expected: expected}
}

// RefuseIDConflict refuses an id that came before with another body.
func RefuseIDConflict() *Refusal {
	return &Refusal{Code: CodeIDConflict, Field: "id", Message: "the id was used for another event"}
}

// RefuseBusy refuses a new id while the window is full.
func RefuseBusy() *Refusal {
	return &Refusal{Code: CodeBusy, Field: "id", Message: "too many ids are remembered; wait, or send source and seq"}
}

// RefuseUnknownMember refuses a patch of nobody.
func RefuseUnknownMember() *Refusal {
	return &Refusal{Code: CodeUnknownMember, Field: "member", Message: "the member is not on the board"}
}

// RefuseTieNeeded refuses best without a tie under the rule given.
func RefuseTieNeeded() *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "best needs a tie on this board: score and tie are compared as one"}
}

// RefuseTieRule refuses a tie under a rule that takes none.
func RefuseTieRule(rule TieRule) *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "this board takes no tie: its rule is " + string(rule)}
}

// RefuseTieOp refuses a tie with patch or remove.
func RefuseTieOp() *Refusal {
	return &Refusal{Code: CodeBadTie, Field: "tie", Message: "a tie goes with set, incr and best"}
}

// RefuseTieRange refuses a tie beyond ±MaxScore.
func RefuseTieRange() *Refusal {
	return &Refusal{Code: CodeOutOfRange, Field: "tie", Message: "must be within ±2^53"}
}

// RefuseScoreRange refuses a score beyond ±MaxScore, sent or reached.
func RefuseScoreRange() *Refusal {
	return &Refusal{Code: CodeOutOfRange, Field: "score", Message: "must be within ±2^53, before and after"}
}

// RefuseCells refuses cells that would take their row over MaxCellBytes.
func RefuseCells() *Refusal {
	return &Refusal{Code: CodeBadCells, Field: "cells", Message: "the cells of a row must be at most 8 KiB together"}
}
