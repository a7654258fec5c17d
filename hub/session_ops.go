package hub

import (
	"fmt"
	"time"

	"rollcall/presence"
	"rollcall/wire"
)

// op handles one request; it has answered unless it returns a fault.
type op func(*session, *request) *wire.Error

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

func (s *session) pong(req *request) *wire.Error {
	s.ok(req.ID, empty{})
	return nil
}

// hello says who the session is. Saying it again renews the token of the same
// user.
func (s *session) hello(req *request) *wire.Error {
	p, fault := s.identify(req)
	if fault != nil {
		if s.who == nil && fault.Code != wire.BadName && fault.Code != wire.TooLong {
			s.fail(req.ID, fault)
			s.shut(wire.CloseAuthFailed, fault.Message)
			return nil
		}
		return fault
	}
	if s.who != nil && s.who.User != "" && s.who.User != p.User {
		return &wire.Error{Code: wire.Forbidden, Field: "token", Message: "a session cannot become another user"}
	}
	if !s.covers(&p) {
		return &wire.Error{Code: wire.Forbidden, Field: "token", Message: "the new token does not cover what this session watches or has joined; unsubscribe or leave it first"}
	}
	if !s.authenticated(p) {
		s.fail(req.ID, &wire.Error{Code: wire.TooMany, Message: "too many connections of this user", RetryAfterMS: 1000})
		s.shut(wire.CloseTooManyConns, "too many connections of this user")
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

func (s *session) identify(req *request) (Principal, *wire.Error) {
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

// covers reports whether p may have all that the session has.
func (s *session) covers(p *Principal) bool {
	for _, sub := range s.subs {
		if !sub.allowed(p) {
			return false
		}
	}
	for room := range s.rooms {
		if !p.Can(Player) || !p.InRoom(room) {
			return false
		}
	}
	return true
}

// authenticated makes the session act for p; false if p has too many.
func (s *session) authenticated(p Principal) bool {
	if !s.place.claim(p.User) {
		return false
	}
	s.who = &p
	s.hub.standings.retain(s, func(board, source string) bool {
		return s.hub.mayPush(&p, board) == nil && (p.Source == "" || p.Source == source)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if !p.Expires.IsZero() && !s.ended {
		s.expiry = time.AfterFunc(time.Until(p.Expires), func() {
			s.shut(wire.CloseAuthFailed, "the token has expired")
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
func (s *session) score(req *request) *wire.Error {
	if fault := s.hub.mayPush(s.who, req.Board); fault != nil {
		return fault
	}
	if n := len(req.incoming); n == 0 || n > wire.MaxBatch {
		return &wire.Error{Code: wire.TooLarge, Field: "events", Message: fmt.Sprintf("must be 1 to %d events", wire.MaxBatch)}
	}
	level, fault := s.hub.ackLevel(req.Ack)
	if fault == nil && req.Journal {
		if fault = s.hub.mayJournal(); fault == nil {
			fault = allNumbered(req.incoming)
		}
	}
	if fault != nil {
		return fault
	}
	ps := newPushing(s.who, req.Board, level, req.incoming, nil)
	ps.sender, ps.journal = s, req.Journal
	s.bot.Store(true)
	s.inFly <- struct{}{}
	s.hub.start(ps, nil, func() {
		s.ok(req.ID, wire.Results{Results: ps.results})
		s.hub.standings.pushed(s, ps)
		<-s.inFly
	})
	return nil
}

func (s *session) join(req *request) *wire.Error {
	if fault := s.mayJoin(req.Room); fault != nil {
		return fault
	}
	if !s.rooms[req.Room] { // each name of a room is remembered for a day
		if fault := s.hub.withinRate(s.hub.life, s.who); fault != nil {
			return fault
		}
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

func (s *session) leave(req *request) *wire.Error {
	if fault := s.mustBeIn(req.Room); fault != nil {
		return fault
	}
	delete(s.rooms, req.Room)
	s.hub.tracker.Exit(s.id, presence.Place{Room: req.Room, User: s.who.User}, presence.Explicit)
	s.ok(req.ID, empty{})
	return nil
}

func (s *session) away(req *request) *wire.Error {
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
