package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"rollcall/wire"
)

// keep makes the connection's rooms and subscriptions what the Client wants:
// first all of them, then each change. It is the only one that subscribes.
func (c *Client) keep(l *link) {
	wait := newRetry()
	for {
		var rooms, feeds <-chan time.Time
		if no := c.restoreRooms(l); no != nil {
			rooms = time.After(wait.after(no))
		} else {
			wait.reset()
		}
		if due := c.restoreFeeds(l); !due.IsZero() {
			feeds = time.After(time.Until(due))
		}
		select {
		case <-l.done:
			return
		case <-c.wake:
		case <-rooms:
		case <-feeds:
		}
	}
}

// restoreRooms joins what a former connection had joined. The error is a
// transient refusal: try again.
func (c *Client) restoreRooms(l *link) *wire.Error {
	if !c.rooms.take(context.Background(), l.done) {
		return nil
	}
	defer c.rooms.give()
	var later *wire.Error
	for room, away := range c.rooms.all() {
		if l.joined[room] {
			continue
		}
		err := c.enter(context.Background(), l, room, away)
		var no *wire.Error
		switch {
		case err == nil:
		case !errors.As(err, &no):
			return nil // the connection is gone
		case again(no):
			later = no
		default:
			c.rooms.drop(room)
			c.cfg.log.Error("not let into the room again", "room", room, "err", no)
		}
	}
	return later
}

// restoreFeeds ends the subscriptions nobody wants and subscribes every feed
// that has none here, except those that rest. due is when the first of these
// has rested, zero if none does.
func (c *Client) restoreFeeds(l *link) (due time.Time) {
	feeds := c.wanted()
	ready := rested(feeds, l) // a feed that goes bad from here on has to rest first
	for _, sub := range l.unwanted(feeds) {
		var no *wire.Error
		req := wire.Request{Op: wire.OpUnsubscribe, Sub: sub}
		if err := c.ask(l, req, nil, nil); err != nil && !errors.As(err, &no) {
			return time.Time{} // the connection is gone
		}
	}
	for _, f := range ready {
		ok := new(wire.SubscribeOK)
		err := c.ask(l, f.request(), ok, func() { l.route(ok.Sub, f) })
		var no *wire.Error
		switch {
		case err == nil:
		case !errors.As(err, &no):
			return time.Time{}
		case again(no):
			f.rest(no)
		default:
			f.fail(no)
		}
	}
	for _, f := range feeds {
		if t, lacks := f.lacks(l); lacks && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	return due
}

// rested lists the feeds that have to be subscribed on l now.
func rested(feeds []*feed, l *link) (ready []*feed) {
	now := time.Now()
	for _, f := range feeds {
		if due, lacks := f.lacks(l); lacks && !due.After(now) {
			ready = append(ready, f)
		}
	}
	return ready
}

// ask is a round trip bounded by the connection's life alone.
func (c *Client) ask(l *link, req wire.Request, ok any, onOK func()) error {
	return c.roundTrip(context.Background(), l, req, ok, onOK)
}

// wanted lists the feeds that somebody watches.
func (c *Client) wanted() []*feed {
	c.mu.Lock()
	defer c.mu.Unlock()
	feeds := make([]*feed, 0, len(c.feeds))
	for _, f := range c.feeds {
		feeds = append(feeds, f)
	}
	return feeds
}

// route makes a sub's frames go to f from the next frame on. Sessions share
// views, so two feeds may get one sub.
func (l *link) route(sub string, f *feed) {
	l.mu.Lock()
	if !slices.Contains(l.subs[sub], f) {
		l.subs[sub] = append(slices.Clip(l.subs[sub]), f)
	}
	l.mu.Unlock()
	f.subscribed(l, sub)
}

// unwanted takes every feed that is not wanted, or waits for a fresh
// subscription, out of the routes, and returns the subs left with none.
func (l *link) unwanted(wanted []*feed) (subs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for sub, feeds := range l.subs {
		var rest []*feed
		for _, f := range feeds {
			if slices.Contains(wanted, f) && f.on(l, sub) {
				rest = append(rest, f)
			}
		}
		if l.subs[sub] = rest; len(rest) == 0 {
			delete(l.subs, sub)
			subs = append(subs, sub)
		}
	}
	return subs
}
