package redisboard

import (
	"encoding/json"
	"fmt"
	"strings"

	"rollcall/leaderboard"
)

// refusalOf is what a key of scripts/apply.lua stands for. Keys are kept in
// Redis: they may be added, not renamed.
func refusalOf(key string) (*leaderboard.Refusal, error) {
	switch key {
	case "stale_epoch":
		return leaderboard.RefuseStaleEpoch(), nil
	case "fenced":
		return leaderboard.RefuseFenced(), nil
	case "id_conflict":
		return leaderboard.RefuseIDConflict(), nil
	case "busy":
		return leaderboard.RefuseBusy(), nil
	case "unknown_member":
		return leaderboard.RefuseUnknownMember(), nil
	case "tie_needed":
		return leaderboard.RefuseTieNeeded(), nil
	case "tie_op":
		return leaderboard.RefuseTieOp(), nil
	case "tie_range":
		return leaderboard.RefuseTieRange(), nil
	case "score_range":
		return leaderboard.RefuseScoreRange(), nil
	case "cells":
		return leaderboard.RefuseCells(), nil
	}
	if rule, ok := strings.CutPrefix(key, "tie_rule_"); ok {
		return leaderboard.RefuseTieRule(leaderboard.TieRule(rule)), nil
	}
	r := new(leaderboard.Refusal)
	if err := json.Unmarshal([]byte(key), r); err != nil {
		return nil, fmt.Errorf("refusal %.80q: %w", key, err)
	}
	return r, nil
}

// encodeRefusal writes a refusal found at the door, which the script keeps as
// it is.
func encodeRefusal(r *leaderboard.Refusal) string {
	b, _ := json.Marshal(r) // texts and a number: cannot fail
	return string(b)
}
