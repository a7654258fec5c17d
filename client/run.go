package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/wire"
)

// run serves connection after connection until ctx ends or the server says
// never to return.
func (c *Client) run(ctx context.Context, l *link) {
	defer close(c.stopped)
	defer c.quit()
	wait := backoff{first: c.cfg.first, longest: c.cfg.longest}
	for l != nil {
		began := time.Now()
		err := c.serve(l)
		if ctx.Err() != nil {
			return
		}
		ret, final := verdict(err)
		if ret == wire.ReturnNever {
			c.end(final)
			return
		}
		c.cfg.log.Warn("connection lost", "node", l.hello.Node, "session", l.hello.Session, "err", err)
		if time.Since(began) >= stable {
			wait.reset()
		}
		l = c.reconnect(ctx, &wait, ret, l.told)
	}
}

// serve runs a connection to its end and returns why it ended. Afterwards
// nothing of it is running, and every unanswered call has been told.
func (c *Client) serve(l *link) error {
	var work sync.WaitGroup
	work.Go(l.write)
	work.Go(func() { c.keep(l) })
	err := l.read()
	if l.leave != nil {
		l.leave.Stop()
	}
	c.detach(l) // first: who hears that l is done must not be given it again
	close(l.done)
	_ = l.conn.Close()
	work.Wait()
	l.abandon()
	return err
}

// reconnect tries until there is a connection in use, for the first time when
// the server told, if it did. nil means that the Client has ended.
func (c *Client) reconnect(ctx context.Context, wait *backoff, ret wire.Return, told *wire.Bye) *link {
	var pause time.Duration
	if told != nil {
		pause = byeAfter(told)
	} else {
		pause = wait.next(ret)
	}
	for {
		if c.sleep(ctx, pause) != nil {
			return nil
		}
		l, err := c.connect(ctx)
		if err == nil {
			if !c.attach(l) {
				_ = l.conn.Close()
				return nil
			}
			c.cfg.log.Info("connected again", "node", l.hello.Node, "session", l.hello.Session)
			return l
		}
		var no *refused
		var final error
		ret, final = verdict(err)
		var after time.Duration
		if errors.As(err, &no) {
			ret, after = wire.ReturnLater, no.after
			if no.never {
				ret, final = wire.ReturnNever, err
			}
		}
		if ret == wire.ReturnNever {
			c.end(fmt.Errorf("not let in again: %w", final))
			return nil
		}
		c.cfg.log.Debug("not connected yet", "err", err)
		pause = max(after, wait.next(ret))
	}
}
