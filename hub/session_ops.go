package hub

import (
	"encoding/json"
	"fmt"
	"time"

	"rollcall/hub/fanout"
	"rollcall/presence"
	"rollcall/wire"
)

// op handles one request; it has answered unless it returns a fault.
type op func(*session, *wire.Request) *wire.Error

var ops map[string]op

func init() {
	ops = map[string]op{
		wire.OpHello: (*session).hello, wire.OpPing: (*session).pong,
		wire.OpSubscribe: (*session).subscribe, wire.OpUnsubscribe: (*session).unsubscribe,
		wire.OpScore: (*session).score,
		wire.OpJoin:  (*session).join, wire.OpLeave: (*session).leave, wire.OpAway: (*session).away,
	}
}

type empty struct{}

func (s *session) pong(req *wire.Request) *wire.Error {
	s.ok(req.ID, empty{})
	return nil
}

// hello says who the session is. Saying it again renews the token of the same
// user.
func (s *session) hello(req *wire.Request) *wire.Error {
	p, fault := s.identify(req)
	if fault != nil {
		if s.who == nil && fault.Code != wire.BadName && fault.Code != wire.TooLong {
			s.fail(req.ID, fault)
			s.conn.CloseWith(wire.CloseAuthFailed, fault.Message)
			return nil
		}
		return fault
	}
	if s.who != nil && s.who.User != "" && s.who.User != p.User {
		return &wire.Error{Code: wire.Forbidden, Field: "token", Message: "a session cannot become another user"}
	}
	if !s.authenticated(p) {
		s.fail(req.ID, &wire.Error{Code: wire.TooMany, Message: "too many connections of this user", RetryAfterMS: 1000})
		s.conn.CloseWith(wire.CloseTooManyConns, "too many connections of this user")
		return nil
	}
	roles := make([]string, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = string(r)
	}
	s.ok(req.ID, wire.HelloOK{
		Session: s.id, Node: s.hub.cfg.Node, User: p.User, Name: p.Name, Member: p.MemberOn(""), Roles: roles, Limits: s.limits(),
	})
	return nil
}

func (s *session) identify(req *wire.Request) (Principal, *wire.Error) {
	if req.Name != "" {
		if fault := wire.CheckText("name", req.Name); fault != nil {
			return Principal{}, fault
		}
	}
	if s.hub.cfg.Auth != nil {
		if req.Token == "" && s.who != nil {
			return *s.who, nil // authenticated by header
		}
		return s.hub.principal(req.Token)
	}
	if req.Name == "" {
		return *s.who, nil
	}
	if fault := wire.CheckMember("name", req.Name); fault != nil {
		return Principal{}, fault
	}
	return s.hub.keyless(req.Name), nil
}

// authenticated makes the session act for p; false if p has too many.
func (s *session) authenticated(p Principal) bool {
	if !s.hub.sessions.claim(s, p.User) {
		return false
	}
	s.who = &p
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if !p.Expires.IsZero() && !s.ended {
		s.expiry = time.AfterFunc(time.Until(p.Expires), func() {
			s.conn.CloseWith(wire.CloseAuthFailed, "the token has expired")
		})
	}
	return true
}

func (s *session) limits() wire.Limits {
	c := s.hub.cfg
	return wire.Limits{
		FrameBytes: wire.MaxFrameSize, Events: wire.MaxBatch, Subscriptions: c.Limits.Subscriptions,
		MessagesPerSec: c.Limits.Messages, RequestsPerMin: c.Limits.PlayerRequests,
		PingMS: c.Ping.Milliseconds(), ReadDeadlineMS: c.ReadDeadline.Milliseconds(),
	}
}

// score pushes events; the answer comes when the store has them. A session
// with too many unanswered messages is not read until one is answered.
func (s *session) score(req *wire.Request) *wire.Error {
	if fault := s.hub.mayPush(s.who, req.Board); fault != nil {
		return fault
	}
	if n := len(req.Events); n == 0 || n > wire.MaxBatch {
		return &wire.Error{Code: wire.TooLarge, Field: "events", Message: fmt.Sprintf("must be 1 to %d events", wire.MaxBatch)}
	}
	ps := newPushing(s.who, req.Board, decodeAll(req.Events), nil)
	s.inFly <- struct{}{}
	s.hub.start(ps, nil, func() {
		s.ok(req.ID, wire.Results{Results: ps.results})
		<-s.inFly
	})
	return nil
}

func decodeAll(raws []json.RawMessage) []wire.Incoming {
	in := make([]wire.Incoming, len(raws))
	for i, raw := range raws {
		in[i] = wire.DecodeEvent(raw)
	}
	return in
}

func (s *session) join(req *wire.Request) *wire.Error {
	if fault := s.mayJoin(req.Room); fault != nil {
		return fault
	}
	j := presence.Join{Place: presence.Place{Room: req.Room, User: s.who.User}, Meta: presence.Meta{Name: s.who.Name, Away: req.Away}}
	if err := s.hub.tracker.Enter(s.id, j); err != nil {
		s.hub.metrics.refused("rooms")
		return &wire.Error{Code: wire.TooMany, Field: "room", Message: err.Error()}
	}
	s.rooms[req.Room] = true
	s.ok(req.ID, empty{})
	return nil
}

func (s *session) mayJoin(room string) *wire.Error {
	if fault := wire.CheckName("room", room); fault != nil {
		return fault
	}
	switch {
	case s.who.User == "":
		return &wire.Error{Code: wire.AuthRequired, Field: "room", Message: "only a named user can join a room; say hello with a name or token"}
	case !s.who.Can(Player) || !s.who.InRoom(room):
		return &wire.Error{Code: wire.Forbidden, Field: "room", Message: "this token may not join the room"}
	}
	return nil
}

func (s *session) leave(req *wire.Request) *wire.Error {
	if fault := s.mustBeIn(req.Room); fault != nil {
		return fault
	}
	delete(s.rooms, req.Room)
	s.hub.tracker.Exit(s.id, presence.Place{Room: req.Room, User: s.who.User}, presence.Explicit)
	s.ok(req.ID, empty{})
	return nil
}

func (s *session) away(req *wire.Request) *wire.Error {
	if fault := s.mustBeIn(req.Room); fault != nil {
		return fault
	}
	s.hub.tracker.SetAway(s.id, presence.Place{Room: req.Room, User: s.who.User}, req.Away)
	s.ok(req.ID, empty{})
	return nil
}

func (s *session) mustBeIn(room string) *wire.Error {
	if fault := wire.CheckName("room", room); fault != nil {
		return fault
	}
	if !s.rooms[room] {
		return &wire.Error{Code: wire.BadRequest, Field: "room", Message: "this session has not joined the room"}
	}
	return nil
}

func (s *session) unsubscribe(req *wire.Request) *wire.Error {
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
func (s *session) subscribe(req *wire.Request) *wire.Error {
	look, fault := s.hub.look(s.who, req)
	if fault != nil {
		return fault
	}
	if old := s.subs[look.sub]; old != nil {
		old.detach()
	} else if len(s.subs) >= s.hub.cfg.Limits.Subscriptions {
		look.release()
		s.hub.metrics.refused("subscriptions")
		return &wire.Error{Code: wire.TooMany, Message: fmt.Sprintf("a session has at most %d subscriptions", s.hub.cfg.Limits.Subscriptions)}
	}
	s.ok(req.ID, wire.SubscribeOK{Sub: look.sub})
	s.subs[look.sub] = look.attach(s.out, req.At)
	return nil
}

// looking is a view somebody holds but is not yet attached to.
type looking struct {
	sub     string
	fan     *fanout.View
	release func()
}

func (l looking) attach(out *fanout.Outbox, at string) *subscription {
	cursor := l.fan.Attach(out, at)
	return &subscription{detach: func() {
		cursor.Detach()
		l.release()
	}}
}
