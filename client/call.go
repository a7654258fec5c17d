package client

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"rollcall/wire"
)

// persist does what may be done twice until it succeeds: again on the next
// connection after a loss, and again after a transient refusal, until ctx
// ends.
func (c *Client) persist(ctx context.Context, do func(l *link) error) error {
	wait := newRetry()
	for {
		l, err := c.await(ctx)
		if err != nil {
			return err
		}
		err = do(l)
		var no *wire.Error
		switch {
		case errors.Is(err, errLost):
		case errors.As(err, &no) && again(no):
			if err := c.sleep(ctx, wait.after(no)); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// roundTrip sends a request on l and waits for the answer.
func (c *Client) roundTrip(ctx context.Context, l *link, req wire.Request, ok any, onOK func()) error {
	req.ID = c.nextID.Add(1) + helloID
	frame, err := json.Marshal(req)
	if err != nil {
		return err
	}
	done := make(chan *call, 1)
	cl := &call{id: req.ID, frame: frame, ok: ok, onOK: onOK, done: done}
	if err := l.send(ctx, cl); err != nil {
		return err
	}
	select {
	case <-done:
		return cl.err
	case <-l.done:
		return errLost
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		l.forget(cl)
		return ctx.Err()
	}
}

// retry paces attempts after transient refusals: as the server says, else
// jittered from 50 ms, doubling up to 5 s.
type retry struct{ backoff }

func newRetry() retry {
	return retry{backoff{first: 50 * time.Millisecond, longest: 5 * time.Second}}
}

// after is how long to wait after a refusal, or a loss (nil).
func (r *retry) after(no *wire.Error) time.Duration {
	own := r.next(wire.ReturnNow)
	if no == nil || no.RetryAfterMS <= 0 {
		return own
	}
	told := min(time.Duration(no.RetryAfterMS)*time.Millisecond, time.Minute)
	return told + jitter(told/4)
}
