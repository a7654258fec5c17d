package presence

import (
	"context"
	"time"
)

// backoff is the pause after a failure of one kind of call, longer each time.
type backoff struct {
	pause time.Duration // 0 = the last call succeeded
	until time.Time
}

// ready reports whether a call may be made: not in the pause.
func (b *backoff) ready() bool { return !time.Now().Before(b.until) }

// note takes the outcome of calls of the kind b.
func (t *Tracker) note(ctx context.Context, b *backoff, err error) {
	switch {
	case err == nil:
		*b = backoff{}
	case ctx.Err() != nil:
		return // stopped, not failed
	default:
		b.pause = min(max(2*b.pause, t.cfg.RetryMin), t.cfg.RetryMax)
		b.until = time.Now().Add(b.pause)
	}
	failing := t.changes.pause+t.beats.pause+t.sweeps.pause > 0
	switch was := t.degraded.Swap(failing); {
	case failing && !was:
		t.cfg.Log.Warn("roster does not answer", "node", t.node, "err", err)
	case was && !failing:
		t.cfg.Log.Info("roster answers again", "node", t.node)
	}
}
