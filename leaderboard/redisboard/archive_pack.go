package redisboard

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rollcall/leaderboard"
)

// What scripts write and an archive holds: rows and refusals, both ways.

// formatScore writes what reads back as the same double; −0 is 0.
func formatScore(v float64) string {
	if v == 0 {
		v = 0
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// packRow writes a row as scripts/apply.lua does.
func packRow(e leaderboard.Entry) string {
	score := formatScore(e.Score)
	b := append([]byte{byte(len(score))}, score...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Tie))
	if e.Name == "" && e.Group == "" && len(e.Cells) == 0 {
		return string(b)
	}
	b = packText(packText(b, e.Name), e.Group)
	for _, column := range slices.Sorted(maps.Keys(e.Cells)) {
		b = packText(packText(b, column), string(e.Cells[column]))
	}
	return string(b)
}

// readRefused reads the refusals of a source, (seq, key) …, oldest first, up to
// a seq.
func readRefused(b string, upTo uint64) (refused []leaderboard.RefusedSeq, err error) {
	n, b, ok := unpackList(b)
	for i := 0; i < n && ok; i += 2 {
		var seq, key string
		if seq, b, ok = unpackText(b); ok {
			key, b, ok = unpackText(b)
		}
		if !ok {
			break
		}
		r := leaderboard.RefusedSeq{}
		if r.Seq, err = parseUint(seq); err != nil {
			return nil, err
		}
		if r.Seq > upTo {
			return refused, nil
		}
		refusal, err := refusalOf(key)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		r.Refusal = *refusal
		refused = append(refused, r)
	}
	if !ok || b != "" {
		return nil, fmt.Errorf("%w: no list of refusals", errDamaged)
	}
	return refused, nil
}

// packRefused writes what readRefused reads.
func packRefused(refused []leaderboard.RefusedSeq) string {
	b := packList(nil, 2*len(refused))
	for _, r := range refused {
		key := refusalKeys[r.Refusal]
		if key == "" {
			key = encodeRefusal(&r.Refusal)
		}
		b = packText(packText(b, strconv.FormatUint(r.Seq, 10)), key)
	}
	return string(b)
}

// refusalKeys are the short keys of the refusals that consume a seq.
var refusalKeys = func() map[leaderboard.Refusal]string {
	keys := map[leaderboard.Refusal]string{}
	for _, key := range []string{
		"unknown_member", "tie_needed", "tie_op", "tie_range", "score_range", "cells",
		"tie_rule_" + string(leaderboard.Reached), "tie_rule_" + string(leaderboard.None),
	} {
		if r, err := refusalOf(key); err == nil {
			keys[*r] = key
		}
	}
	return keys
}()
