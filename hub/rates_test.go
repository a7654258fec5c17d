package hub

import (
	"context"
	"errors"
	"testing"
	"time"
)

// fakeLimiter answers as told.
type fakeLimiter struct {
	calls int
	wait  time.Duration
	err   error
}

func (f *fakeLimiter) Take(ctx context.Context, _ string) (time.Duration, bool, error) {
	f.calls++
	if _, bounded := ctx.Deadline(); !bounded {
		f.err = errors.New("asked without a deadline")
	}
	if ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	return f.wait, f.wait == 0, f.err
}

// Who hangs up does not put the limiter out of service for everybody.
func TestARequestThatIsOverStillCountsOnAllNodes(t *testing.T) {
	shared := &fakeLimiter{}
	r, now := newRates(3, shared), time.Unix(1000, 0)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	r.allowAll(over, "eve", now)
	r.allowAll(context.Background(), "ann", now)
	if shared.calls != 2 {
		t.Errorf("the shared limiter was asked %d times, want 2", shared.calls)
	}
}

func TestSharedLimiterDecidesWhileItAnswers(t *testing.T) {
	shared := &fakeLimiter{}
	r, now, ctx := newRates(3, shared), time.Unix(1000, 0), context.Background()
	want := func(what string, ok bool, wait time.Duration, calls int) {
		t.Helper()
		w, got := r.allowAll(ctx, "ann", now)
		if got != ok || w != wait || shared.calls != calls {
			t.Errorf("%s: allowed %v, wait %v, %d calls; want %v, %v, %d", what, got, w, shared.calls, ok, wait, calls)
		}
	}
	want("both allow", true, 0, 1)
	shared.wait = time.Second
	want("others took the rest", false, time.Second, 2)
	shared.wait, shared.err = 0, errors.New("frozen")
	want("no answer: this node's count decides", true, 0, 3)
	want("and it has none left", false, 20*time.Second, 3)
	now = now.Add(20 * time.Second)
	shared.err = nil
	want("asked again after the pause", true, 0, 4)
	shared.err = errors.New("frozen")
	now = now.Add(time.Minute)
	want("no answer", true, 0, 5)
	want("left alone for a while", true, 0, 5)
}
