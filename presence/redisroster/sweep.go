package redisroster

import (
	"context"
	"fmt"

	"rollcall/presence"
)

// Sweep implements presence.Roster. All nodes may call it, as often as they
// like: a partition that another has just swept costs Redis 10 to 15 µs
// (BenchmarkSweep).
//
// First each partition gives up its share of SweepLimit, all in one round trip;
// then those that have more give it up one by one, so that Redis serves others
// in between.
func (r *Roster) Sweep(ctx context.Context) ([]presence.Transition, error) {
	share := min(max(r.cfg.SweepLimit/r.parts, 1), perTrip)
	first := r.everywhere(r.sweepArgs(share)...)
	made, removed, err := r.sweep(ctx, first)
	left := r.cfg.SweepLimit - removed
	for _, c := range first {
		full := err == nil && number(c.answer[0]) == int64(share)
		for full && left > 0 {
			limit := min(left, perTrip)
			more, removed, failed := r.sweep(ctx, []*call{{part: c.part, args: r.sweepArgs(limit)}})
			made, err = append(made, more...), failed
			left -= removed
			full = err == nil && removed == limit
		}
	}
	return made, err
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
