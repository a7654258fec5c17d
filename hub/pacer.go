package hub

import (
	"context"
	"sync"
	"time"
)

// paced is something with views that makes frames when it changed: a board's
// feed or a room.
type paced interface {
	// tick publishes what is due, for a few milliseconds at most, and returns
	// when it wants the next tick, zero if nothing is left to show. It must not
	// wait for a store.
	tick(now time.Time) (next time.Time)
}

// pacer ticks what changed when it is due. One goroutine serves all, in turn.
type pacer struct {
	wake chan struct{} // holds at most one

	mu   sync.Mutex
	due  map[paced]time.Time // guarded by mu
	next time.Time           // guarded by mu: when run looks again by itself
}

func newPacer() *pacer {
	return &pacer{wake: make(chan struct{}, 1), due: map[paced]time.Time{}}
}

// mark says that p wants a tick, now or at a later time. It never blocks.
func (pc *pacer) mark(p paced, at time.Time) {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	if when, waits := pc.due[p]; waits && !at.Before(when) {
		return
	}
	pc.due[p] = at
	if at.Before(pc.next) {
		pc.next = at
		select {
		case pc.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// run ticks until ctx ends.
func (pc *pacer) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pc.wake:
		case <-timer.C:
		}
		now := time.Now()
		for _, p := range pc.take(now) {
			if next := p.tick(now); !next.IsZero() {
				pc.mark(p, next)
			}
		}
		timer.Reset(time.Until(pc.rest()))
	}
}

// take returns what is due.
func (pc *pacer) take(now time.Time) []paced {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	var ps []paced
	for p, when := range pc.due {
		if !when.After(now) {
			ps = append(ps, p)
			delete(pc.due, p)
		}
	}
	pc.next = time.Time{} // run looks again after these: no mark need wake it
	return ps
}

// rest returns when something is due next.
func (pc *pacer) rest() time.Time {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	pc.next = time.Now().Add(time.Hour)
	for _, when := range pc.due {
		if when.Before(pc.next) {
			pc.next = when
		}
	}
	return pc.next
}
