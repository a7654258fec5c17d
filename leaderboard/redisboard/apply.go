package redisboard

import (
	"context"
	"fmt"
	"strconv"

	"rollcall/leaderboard"
)

// Apply takes a batch of at most MaxBatch events in one atomic step. When the
// answer does not come it sends the same bytes again: what was applied is a
// duplicate then, and counted once. leaderboard.ErrUnavailable means that
// nothing of the batch is known to be applied.
//
// After such a repetition Outcome.Delta is nil although the board has changed;
// whoever compares heads finds the change in Changes. Outcome.Proof is that of
// the last sending.
func (s *Store) Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.Outcome{}, err
	}
	if len(batch) > MaxBatch {
		return leaderboard.Outcome{}, fmt.Errorf("apply to board %s: a batch of %d events; at most %d are taken", board, len(batch), MaxBatch)
	}
	if err := leaderboard.CheckIdentity(batch); err != nil {
		return leaderboard.Outcome{}, err
	}
	r, proof, err := s.writeProven(ctx, level, applyScript, len(batch), k.all(),
		packBatch(batch), s.cfg.now(), s.cfg.IDWindow.Microseconds(), s.cfg.IDLimit,
		s.cfg.ChangelogKeep.Microseconds(), s.changelogCap())
	if err == nil && r.empty() {
		err = leaderboard.ErrUnknownBoard
	}
	var out leaderboard.Outcome
	if err == nil {
		out, err = r.outcome(len(batch))
		out.Proof = proof
	}
	if err != nil {
		return leaderboard.Outcome{}, fmt.Errorf("apply to board %s: %w", board, err)
	}
	return out, nil
}

// changelogCap is one entry more than are to be read, for its chain, and one
// for the batch that comes.
func (s *Store) changelogCap() int { return s.cfg.ChangelogEntries + 2 }

// outcome reads what scripts/apply.lua returns of n events.
func (r *reply) outcome(n int) (out leaderboard.Outcome, err error) {
	out.Head = leaderboard.Head{Epoch: r.text(), Version: uint64(r.int()), Chain: r.text()}
	from, before, rows := uint64(r.int()), r.text(), r.text()
	out.Results = make([]leaderboard.Result, n)
	scores := make([]float64, n)
	version := from
	for i := range out.Results {
		res := &out.Results[i]
		changed, err := r.result(res, &scores[i])
		if err != nil {
			return out, err
		}
		if changed {
			version++
		}
		res.Version = version
	}
	if r.err != nil || rows == "" {
		return out, r.err
	}
	e := entry{to: strconv.FormatUint(out.Head.Version, 10), from: strconv.FormatUint(from, 10), chain: out.Head.Chain, rows: rows}
	d, err := e.delta(out.Head.Epoch, before)
	out.Delta = &d
	return out, err
}

// result reads the fate of one event and the member's score. It reports whether
// the event took a version.
func (r *reply) result(res *leaderboard.Result, score *float64) (changed bool, err error) {
	fate := r.text()
	if text, ok := r.next().(string); ok {
		if *score, err = strconv.ParseFloat(text, 64); err != nil {
			return false, fmt.Errorf("answer of script %s: score: %w", r.script, err)
		}
		res.Score = score
	}
	if fate == "" {
		r.fail("has an event without a fate")
		return false, r.err
	}
	switch res.Status = leaderboard.Applied; fate[0] {
	case '=', '.':
	case '+', '-':
		improved := fate[0] == '+'
		res.Improved = &improved
	case '~':
		res.Status = leaderboard.Duplicate
	case '<':
		last, err := parseUint(fate[1:])
		res.Status, res.Refusal = leaderboard.Refused, leaderboard.RefuseGap(last+1)
		return false, err
	case '!':
		res.Status = leaderboard.Refused
		res.Refusal, err = refusalOf(fate[1:])
		return false, err
	default:
		return false, fmt.Errorf("answer of script %s: fate %.80q", r.script, fate)
	}
	return fate[0] == '=' || fate[0] == '+', nil
}
