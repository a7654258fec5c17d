package redisroster

import (
	"cmp"
	"context"
	"fmt"

	"rollcall/presence"
)

// Sweep implements presence.Roster. All nodes may call it, as often as they
// like: a partition that another has just swept costs Redis 10 to 15 µs
// (BenchmarkSweep).
//
// When nobody left though SweepLimit holders went, all of users who are on other
// nodes too, it sweeps on: behind them may stand some who left.
func (r *Roster) Sweep(ctx context.Context) ([]presence.Transition, error) {
	for {
		made, removed, err := r.sweepSome(ctx)
		if err != nil || len(made) > 0 || removed < r.cfg.SweepLimit {
			return made, err
		}
	}
}

// sweepSome removes at most SweepLimit holders. First each partition gives up
// its share, all in one round trip; then those that have more give it up one by
// one, so that Redis serves others in between. A partition that fails stops no
// other.
func (r *Roster) sweepSome(ctx context.Context) (made []presence.Transition, removed int, err error) {
	share := min(max(r.cfg.SweepLimit/r.parts, 1), perTrip)
	first := r.everywhere(r.sweepArgs(share)...)
	made, removed, err = r.sweep(ctx, first)
	for _, c := range first {
		full := c.err == nil && number(c.answer[0]) == int64(share)
		for full && removed < r.cfg.SweepLimit && ctx.Err() == nil {
			limit := min(r.cfg.SweepLimit-removed, perTrip)
			more, n, failed := r.sweep(ctx, []*call{{part: c.part, args: r.sweepArgs(limit)}})
			made, removed = append(made, more...), removed+n
			full = failed == nil && n == limit
			err = cmp.Or(err, failed)
		}
	}
	return made, removed, err
}

func (r *Roster) sweepArgs(limit int) []any {
	return []any{
		r.now(), r.cfg.Threshold.Microseconds(), limit, r.cfg.SweepGate.Microseconds(), r.cfg.SweepGap.Microseconds(),
		r.cfg.SeenFor.Microseconds(), r.cfg.SeenMax, r.cfg.RoomFor.Microseconds(),
	}
}

// sweep makes the calls and returns what those did that succeeded.
func (r *Roster) sweep(ctx context.Context, calls []*call) (made []presence.Transition, removed int, err error) {
	err = r.run(ctx, r.clients.Write, r.scripts.sweep, calls)
	for _, c := range calls {
		if c.err != nil {
			continue
		}
		values, _ := c.answer[1].([]any)
		more, bad := transitions(values)
		if bad != nil {
			return made, removed, fmt.Errorf("roster sweep: partition %02d: %w", c.part, bad)
		}
		made = append(made, more...)
		removed += int(number(c.answer[0]))
	}
	return made, removed, err
}
