package client

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"rollcall/wire"
)

// watch yields what show makes of the newest state of a view, once per change
// and skipping what came while the loop's body was busy. It ends silently with
// ctx, and with an error when the server refuses the view or the Client ends.
func watch[S any](ctx context.Context, c *Client, req wire.Request, fold fold, show func(state any, connected bool) S) iter.Seq2[S, error] {
	return func(yield func(S, error) bool) {
		var none S
		f, err := c.follow(req, fold)
		if err != nil {
			yield(none, err)
			return
		}
		defer c.unfollow(f)
		var seen uint64
		for ctx.Err() == nil {
			g := f.look()
			if g.rev != seen && g.state != nil && g.err == nil {
				seen = g.rev
				if !yield(show(g.state, g.connected), nil) {
					return
				}
				continue
			}
			if g.err != nil {
				yield(none, g.err)
				return
			}
			select {
			case <-g.changed:
			case <-ctx.Done():
			case <-c.done:
				yield(none, c.Err())
				return
			}
		}
	}
}

// follow joins the feed of a view, making it if it is the first watcher.
func (c *Client) follow(req wire.Request, fold fold) (*feed, error) {
	req.Op = wire.OpSubscribe
	key, err := feedKey(req)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.feeds[key]
	if f == nil || f.look().err != nil {
		f = newFeed(req, fold, c.wakeKeeper)
		c.feeds[key] = f
		c.wakeKeeper()
	}
	f.refs++
	return f, nil
}

// unfollow ends the feed with its last watcher.
func (c *Client) unfollow(f *feed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.refs--; f.refs > 0 {
		return
	}
	if key, _ := feedKey(f.req); c.feeds[key] == f {
		delete(c.feeds, key)
	}
	c.wakeKeeper()
}

func feedKey(req wire.Request) (string, error) {
	key, err := json.Marshal(req)
	return string(key), err
}

// errMisfit says that a delta was meant for another state.
var errMisfit = errors.New("the delta does not fit the state")

// folding makes a fold from the pure function over one view's types.
func folding[S, D any](apply func(S, D) (S, bool)) fold {
	return func(state any, p *wire.Push) (any, error) {
		if p.Snapshot != nil {
			var s S
			err := json.Unmarshal(p.Snapshot, &s)
			return s, err
		}
		var d D
		if err := json.Unmarshal(p.Delta, &d); err != nil {
			return nil, err
		}
		next, ok := apply(state.(S), d)
		if !ok {
			return nil, errMisfit
		}
		return next, nil
	}
}
