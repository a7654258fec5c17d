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
// the roster and expire unless their users return, and graces are dropped.
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
// refresh and one sweep, so that none starves another. It reports whether it
// made any.
func (t *Tracker) step(ctx context.Context) bool {
	t.endGraces(time.Now())
	called := false
	if t.ready() && t.batchDue() {
		t.flush(ctx)
		called = true
	}
	if t.ready() && t.refreshDue() {
		t.refresh(ctx)
		called = true
	}
	if t.ready() && t.sweepDue() {
		t.sweep(ctx)
		called = true
	}
	return called
}

// ready reports whether a call may be made: not in the pause after a failure.
func (t *Tracker) ready() bool { return !time.Now().Before(t.retryAt) }

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
	call := earlier(t.nextRefresh, t.nextSweep)
	if len(t.queue) > 0 {
		call = earlier(call, t.since.Add(t.cfg.CoalesceWait))
	}
	if call.Before(t.retryAt) {
		call = t.retryAt
	}
	if len(t.graces) > 0 {
		call = earlier(call, t.graces[0].until)
	}
	return call
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// call makes one roster call and reports whether it succeeded. A failure
// starts a pause for all calls, longer each time.
func (t *Tracker) call(ctx context.Context, do func(context.Context) ([]Transition, error)) bool {
	limited, cancel := context.WithTimeout(ctx, t.cfg.CallTimeout)
	defer cancel()
	made, err := do(limited)
	if len(made) > 0 {
		t.announce(made) // also what was decided before it failed
	}
	if err != nil {
		t.failed(ctx, err)
		return false
	}
	t.pause, t.retryAt = 0, time.Time{}
	if t.degraded.Swap(false) {
		t.cfg.Log.Info("roster answers again", "node", t.node)
	}
	return true
}

func (t *Tracker) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // stopped, not failed
	}
	t.pause = min(max(2*t.pause, t.cfg.RetryMin), t.cfg.RetryMax)
	t.retryAt = time.Now().Add(t.pause)
	if !t.degraded.Swap(true) {
		t.cfg.Log.Warn("roster does not answer", "node", t.node, "err", err)
	}
}
