package client

import (
	"context"
	"math/rand/v2"
	"time"

	"rollcall/wire"
)

// stable is how long a connection must have lasted for the next wait to start
// from the shortest again.
const stable = 30 * time.Second

// backoff draws waits with full jitter: evenly from 0 to first·2ⁿ, at most
// longest. It belongs to one goroutine.
type backoff struct {
	first, longest time.Duration
	n              int
}

// next draws the wait before the next attempt. Advice to return later skips
// the two shortest steps and takes the upper half of the step.
func (b *backoff) next(ret wire.Return) time.Duration {
	if ret == wire.ReturnLater {
		b.n = max(b.n, 2)
	}
	step := b.longest
	if b.n < 30 && b.first<<b.n < b.longest {
		step = b.first << b.n
	}
	b.n++
	if ret == wire.ReturnLater {
		return step/2 + jitter(step/2)
	}
	return jitter(step)
}

func (b *backoff) reset() { b.n = 0 }

// jitter draws evenly from [0, d].
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d + 1)
}

// sleep waits for d or until ctx or the Client ends, and tells which.
func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		return c.Err()
	case <-t.C:
		return nil
	}
}
