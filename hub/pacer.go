package hub

import (
	"context"
	"sync"
	"time"
)

// paced is something with views that makes frames when it changed: a board's
// feed or a room's.
type paced interface {
	// tick publishes what is due and returns when it wants the next tick, zero
	// if nothing is left to show.
	tick(now time.Time) (next time.Time)
}

// pacer ticks what changed: at once if it was idle, else when it is due. One
// goroutine serves all feeds.
type pacer struct {
	mu    sync.Mutex
	dirty map[paced]struct{} // guarded by mu
	wake  chan struct{}      // holds at most one
}

func newPacer() *pacer {
	return &pacer{dirty: map[paced]struct{}{}, wake: make(chan struct{}, 1)}
}

// mark says that p changed. It never blocks.
func (pc *pacer) mark(p paced) {
	pc.mu.Lock()
	pc.dirty[p] = struct{}{}
	pc.mu.Unlock()
	select {
	case pc.wake <- struct{}{}:
	default:
	}
}

// run ticks until ctx ends.
func (pc *pacer) run(ctx context.Context) {
	due := map[paced]time.Time{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pc.wake:
		case <-timer.C:
		}
		now := time.Now()
		for _, p := range pc.take() {
			if _, waiting := due[p]; !waiting {
				due[p] = now
			}
		}
		next := now.Add(time.Hour)
		for p, when := range due {
			if !when.After(now) {
				if when = p.tick(now); when.IsZero() {
					delete(due, p)
					continue
				}
				due[p] = when
			}
			if when.Before(next) {
				next = when
			}
		}
		timer.Reset(time.Until(next))
	}
}

func (pc *pacer) take() []paced {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	ps := make([]paced, 0, len(pc.dirty))
	for p := range pc.dirty {
		ps = append(ps, p)
	}
	clear(pc.dirty)
	return ps
}
