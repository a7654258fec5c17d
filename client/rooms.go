package client

import (
	"context"
	"maps"
	"sync"

	"rollcall/wire"
)

// rooms are where the Client wants to be. They are joined again on every new
// connection.
type rooms struct {
	// turn holds one token; who takes it may talk to the server about rooms.
	// So a restored join never overtakes a leave.
	turn chan struct{}

	mu   sync.Mutex
	want map[string]bool // room → away
}

func newRooms() *rooms {
	r := &rooms{turn: make(chan struct{}, 1), want: map[string]bool{}}
	r.turn <- struct{}{}
	return r
}

func (r *rooms) take(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-r.turn:
		return true
	case <-ctx.Done():
	case <-done:
	}
	return false
}

func (r *rooms) give() { r.turn <- struct{}{} }

func (r *rooms) set(room string, away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.want[room] = away
}

func (r *rooms) drop(room string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.want, room)
}

func (r *rooms) all() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.want)
}

// Join makes the Client's user present in a room and keeps it so across
// reconnects, until Leave or Close. It returns when the server has agreed; it
// waits for a connection and out transient refusals until ctx ends.
func (c *Client) Join(ctx context.Context, room string) error {
	return c.inTurn(ctx, func(l *link) error {
		err := c.enter(ctx, l, room, false)
		if err == nil {
			c.rooms.set(room, false)
		}
		return err
	})
}

// Leave makes the Client leave a room, at once and without grace. Leaving a
// room that is not joined does nothing.
func (c *Client) Leave(ctx context.Context, room string) error {
	return c.inTurn(ctx, func(l *link) error {
		c.rooms.drop(room)
		if !l.joined[room] {
			return nil
		}
		err := c.roundTrip(ctx, l, wire.Request{Op: wire.OpLeave, Room: room}, nil, nil)
		if err == nil {
			delete(l.joined, room)
		}
		return err
	})
}

// Away tells a joined room that the user does not look (true) or is back.
func (c *Client) Away(ctx context.Context, room string, away bool) error {
	return c.inTurn(ctx, func(l *link) error {
		if _, want := c.rooms.all()[room]; want && !l.joined[room] {
			if err := c.enter(ctx, l, room, away); err != nil {
				return err
			}
		}
		err := c.roundTrip(ctx, l, wire.Request{Op: wire.OpAway, Room: room, Away: away}, nil, nil)
		if err == nil {
			c.rooms.set(room, away)
		}
		return err
	})
}

// enter joins a room on one connection. The caller has the turn.
func (c *Client) enter(ctx context.Context, l *link, room string, away bool) error {
	err := c.roundTrip(ctx, l, wire.Request{Op: wire.OpJoin, Room: room, Away: away}, nil, nil)
	if err == nil {
		l.joined[room] = true
	}
	return err
}

// inTurn does one thing about a room when nobody else does, and lets others in
// between two attempts. What the server agreed to is what a reconnect restores.
func (c *Client) inTurn(ctx context.Context, do func(l *link) error) error {
	return c.persist(ctx, func(l *link) error {
		if !c.rooms.take(ctx, l.done) {
			if err := ctx.Err(); err != nil {
				return err
			}
			return errLost
		}
		defer c.rooms.give()
		return do(l)
	})
}
