package presence

import (
	"container/heap"
	"context"
	"errors"
	"time"
)

// Run makes the tracker's roster calls, one at a time, until ctx ends; it
// starts no goroutine. A tracker runs once; a second Run fails.
//
// When ctx ends Run announces nothing and leaves nothing: the holders stay in
// the roster and expire unless their users return, and graces are dropped. A
// roster that is a Parter is told that the node stops.
func (t *Tracker) Run(ctx context.Context) error {
	if t.started.Swap(true) {
		return errors.New("presence: the tracker has run before")
	}
	now := time.Now()
	t.nextRefresh = now.Add(t.cfg.Refresh)
	t.nextSweep = now.Add(t.cfg.Sweep)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			t.part(ctx)
			return nil
		case <-t.wake:
		case <-timer.C:
		}
		for t.step(ctx) && ctx.Err() == nil {
		}
		timer.Reset(time.Until(t.next()))
	}
}

// step makes the calls that are due, at most one batch, one chunk of the
// refresh and one sweep, so that none starves another. A roster that is full or
// of which a part does not answer may refuse one kind for long, so each has a
// pause of its own after a failure. It reports whether it made any.
func (t *Tracker) step(ctx context.Context) bool {
	t.endGraces(time.Now())
	called := false
	if t.changes.ready() && t.batchDue() {
		t.flush(ctx)
		called = true
	}
	if t.beats.ready() && t.refreshDue() {
		t.refresh(ctx)
		called = true
	}
	if t.sweeps.ready() && t.sweepDue() {
		t.sweep(ctx)
		called = true
	}
	return called
}

// endGraces queues the seats whose grace is over.
func (t *Tracker) endGraces(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.graces) > 0 && !t.graces[0].until.After(now) {
		s := heap.Pop(&t.graces).(*seat)
		t.markLocked(s)
	}
}

// next is when Run has something to do again.
func (t *Tracker) next() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := later(t.nextRefresh, t.beats.until)
	if len(t.round)+len(t.late) > 0 {
		next = earlier(next, t.beats.until)
	}
	if len(t.round) == 0 {
		next = earlier(next, later(t.nextSweep, t.sweeps.until))
	}
	if len(t.queue) > 0 {
		next = earlier(next, later(t.since.Add(t.cfg.CoalesceWait), t.changes.until))
	}
	if len(t.graces) > 0 {
		next = earlier(next, t.graces[0].until)
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// call makes one roster call.
func (t *Tracker) call(ctx context.Context, do func(context.Context) ([]Transition, error)) error {
	limited, cancel := context.WithTimeout(ctx, t.cfg.CallTimeout)
	defer cancel()
	made, err := do(limited)
	if len(made) > 0 {
		t.announce(made) // also what was decided before it failed
	}
	return err
}
