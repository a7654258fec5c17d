package hub

import (
	"fmt"

	"rollcall/hub/fanout"
	"rollcall/wire"
)

func (s *session) unsubscribe(req *request) *wire.Error {
	sub := s.subs[req.Sub]
	if sub == nil {
		return &wire.Error{Code: wire.UnknownView, Field: "sub", Message: "this session has no such subscription"}
	}
	delete(s.subs, req.Sub)
	sub.detach()
	s.ok(req.ID, empty{})
	return nil
}

// subscribe attaches the session to a view: the answer, then a snapshot or
// what is missing since `at`, then the tail.
func (s *session) subscribe(req *request) *wire.Error {
	look, fault := s.hub.look(s.who, &req.Request)
	if fault != nil {
		return fault
	}
	if old := s.subs[look.sub]; old != nil {
		old.detach()
	} else if fault := s.full(look.rows); fault != nil {
		look.release()
		return fault
	}
	s.ok(req.ID, wire.SubscribeOK{Sub: look.sub})
	s.subs[look.sub] = look.attach(s.out, req.At)
	return nil
}

// full refuses another subscription that shows up to rows rows. Rows are what
// a view costs: the node renders each of them as often as the view changes.
func (s *session) full(rows int) *wire.Error {
	limits := s.hub.cfg.Limits
	if len(s.subs) >= limits.Subscriptions {
		s.hub.metrics.refused("subscriptions")
		return &wire.Error{Code: wire.TooMany, Message: fmt.Sprintf("a session has at most %d subscriptions", limits.Subscriptions)}
	}
	for _, sub := range s.subs {
		rows += sub.rows
	}
	if rows > limits.Rows {
		s.hub.metrics.refused("rows")
		return &wire.Error{Code: wire.TooMany, Field: "n", Message: fmt.Sprintf("a session watches at most %d rows in all", limits.Rows)}
	}
	return nil
}

// subscription is one cursor of a session on a view.
type subscription struct {
	rows    int
	allowed func(*Principal) bool
	detach  func()
}

// looking is a view somebody holds but is not yet attached to.
type looking struct {
	sub     string
	fan     *fanout.View
	rows    int                   // of a board, that it shows at most
	allowed func(*Principal) bool // may see it
	release func()
}

func (l looking) attach(out *fanout.Outbox, at string) *subscription {
	cursor := l.fan.Attach(out, at)
	return &subscription{rows: l.rows, allowed: l.allowed, detach: func() {
		cursor.Detach()
		l.release()
	}}
}
