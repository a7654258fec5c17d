package redisroster

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/presence"
)

// perTrip is the number of places in one round trip; more take several, so
// that Redis serves others in between: 1,000 beats take it 2 ms, 1,000 joins
// 10 ms.
const perTrip = 1000

// call is one run of a script on one partition.
type call struct {
	part  int
	args  []any
	index []int // which entries of the trip it is for

	answer []any
	err    error
}

// calls sorts entries by partition, each partition's in their order; add
// appends the arguments of the i-th to those of its call, which begin with
// head.
func (r *Roster) calls(n int, room func(i int) string, add func(args []any, i int) []any, head ...any) []*call {
	var all []*call
	var of [presence.Partitions]*call
	for i := range n {
		part := r.part(room(i))
		c := of[part]
		if c == nil {
			c = &call{part: part, args: append([]any{r.now()}, head...)}
			of[part] = c
			all = append(all, c)
		}
		c.args = add(c.args, i)
		c.index = append(c.index, i)
	}
	return all
}

// everywhere is a call on each partition.
func (r *Roster) everywhere(args ...any) []*call {
	all := make([]*call, r.parts)
	for part := range all {
		all[part] = &call{part: part, args: args}
	}
	return all
}

// run makes the calls in one round trip, a second for those whose server does
// not know the script (it has restarted, or is new): these send its text, which
// loads it. It returns the first error; the other calls have their answers.
func (r *Roster) run(ctx context.Context, client redis.UniversalClient, s *script, calls []*call) error {
	if len(calls) == 0 {
		return ctx.Err()
	}
	began := time.Now()
	r.send(ctx, client, s, calls, false)
	var unknown []*call
	for _, c := range calls {
		if redis.HasErrorPrefix(c.err, "NOSCRIPT") {
			unknown = append(unknown, c)
		}
	}
	if len(unknown) > 0 {
		r.send(ctx, client, s, unknown, true)
	}
	r.cfg.Observe(s.name, time.Since(began))
	for _, c := range calls {
		if c.err != nil {
			return fmt.Errorf("roster %s: partition %02d: %w", s.name, c.part, c.err)
		}
	}
	return nil
}

func (r *Roster) send(ctx context.Context, client redis.UniversalClient, s *script, calls []*call, text bool) {
	pipe := client.Pipeline()
	cmds := make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		if keys := r.keys[s][c.part]; text {
			cmds[i] = pipe.Eval(ctx, s.source, keys, c.args...)
		} else {
			cmds[i] = pipe.EvalSha(ctx, s.sha, keys, c.args...)
		}
	}
	_, _ = pipe.Exec(ctx) // each command has its error
	for i, c := range calls {
		c.answer, c.err = cmds[i].Slice()
	}
}
