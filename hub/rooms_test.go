package hub_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/wire"
)

// roster is a presence view folded as a client would.
type roster struct {
	s     *testSession
	state wire.PresenceSnapshot
	users map[string]wire.User
	log   []string // "+user", "-user", as told by deltas
}

func (s *testSession) watchRoom(room string) *roster {
	s.Helper()
	s.ok(wire.Request{Op: "subscribe", View: "presence", Room: room}, nil)
	r := &roster{s: s}
	r.fold(s.next())
	return r
}

func (r *roster) fold(f frame) {
	if f.Snapshot != nil {
		r.state = wire.PresenceSnapshot{}
		if err := json.Unmarshal(f.Snapshot, &r.state); err != nil {
			r.s.Fatal(err)
		}
		now := map[string]wire.User{}
		for _, u := range r.state.Users {
			now[u.User] = u
		}
		r.tell(now)
		return
	}
	var d wire.PresenceDelta
	if err := json.Unmarshal(f.Delta, &d); err != nil {
		r.s.Fatalf("%v in %s", err, f.raw)
	}
	now := map[string]wire.User{}
	for u, v := range r.users {
		now[u] = v
	}
	for _, u := range d.Left {
		delete(now, u)
	}
	for _, u := range d.Users {
		now[u.User] = u
	}
	r.state.Count = d.Count
	r.tell(now)
}

func (r *roster) tell(now map[string]wire.User) {
	for u := range now {
		if _, was := r.users[u]; !was {
			r.log = append(r.log, "+"+u)
		}
	}
	for u := range r.users {
		if _, still := now[u]; !still {
			r.log = append(r.log, "-"+u)
		}
	}
	r.users = now
}

// until folds frames until the roster is as wanted.
func (r *roster) until(what string, ok func() bool) {
	r.s.Helper()
	for !ok() {
		f, err := r.s.read()
		if err != nil {
			r.s.Fatalf("%v while waiting for %s; users %v", err, what, r.users)
		}
		r.fold(f)
	}
}

func (r *roster) wantLog(want ...string) {
	r.s.Helper()
	if fmt.Sprint(r.log) != fmt.Sprint(want) {
		r.s.Errorf("watcher was told %v, want %v", r.log, want)
	}
}

func TestJoinAndLeaveAreTold(t *testing.T) {
	n := newNode(t)
	r := n.hello("").watchRoom("r")
	ann := n.hello("ann")
	ann.ok(wire.Request{Op: "join", Room: "r"}, nil)
	r.until("ann", func() bool { return len(r.users) == 1 })
	if u := r.users["ann"]; u.Name != "ann" || u.Since == 0 || u.Away {
		t.Errorf("user %+v", u)
	}
	var page wire.PresencePage
	n.want(200, "GET", "/v1/rooms/r/presence", nil, &page)
	if page.Count != 1 || page.Users[0].User != "ann" || page.Degraded {
		t.Errorf("page %+v", page)
	}
	ann.ok(wire.Request{Op: "away", Room: "r", Away: true}, nil)
	r.until("ann away", func() bool { return r.users["ann"].Away })
	ann.ok(wire.Request{Op: "leave", Room: "r"}, nil)
	r.until("nobody", func() bool { return len(r.users) == 0 })
	r.wantLog("+ann", "-ann")
	var u wire.UserState
	n.want(200, "GET", "/v1/users/ann", nil, &u)
	if u.Online || u.LastSeen == 0 || u.LastSeen%60000 != 0 || len(u.Rooms) != 0 {
		t.Errorf("user %+v", u)
	}
}

func TestWatchersAreNotMembers(t *testing.T) {
	n := newNode(t)
	for _, name := range []string{"", "bob"} {
		n.hello(name).watchRoom("r")
	}
	var c wire.RoomCount
	n.want(200, "GET", "/v1/rooms/r/count", nil, &c)
	if c.Count != 0 {
		t.Errorf("count %d with only watchers", c.Count)
	}
}

func TestUserIsOnlineWhileAnyTabIs(t *testing.T) {
	n := newNode(t)
	r := n.hello("").watchRoom("r")
	one, two := n.hello("ann"), n.hello("ann")
	one.ok(wire.Request{Op: "join", Room: "r"}, nil)
	two.ok(wire.Request{Op: "join", Room: "r"}, nil)
	r.until("ann", func() bool { return len(r.users) == 1 })
	one.ok(wire.Request{Op: "leave", Room: "r"}, nil)
	bob := n.hello("bob")
	bob.ok(wire.Request{Op: "join", Room: "r"}, nil)
	r.until("bob", func() bool { return len(r.users) == 2 })
	two.ok(wire.Request{Op: "leave", Room: "r"}, nil)
	r.until("bob alone", func() bool { return len(r.users) == 1 })
	r.wantLog("+ann", "+bob", "-ann")
}

func TestReconnectWithinGraceIsNotTold(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.Presence.GraceBroken = 5 * time.Second })
	r := n.hello("").watchRoom("r")
	ann := n.hello("ann")
	ann.ok(wire.Request{Op: "join", Room: "r"}, nil)
	r.until("ann", func() bool { return len(r.users) == 1 })
	if err := ann.ws.NetConn().Close(); err != nil {
		t.Fatal(err)
	}
	n.hello("ann").ok(wire.Request{Op: "join", Room: "r"}, nil)
	n.hello("bob").ok(wire.Request{Op: "join", Room: "r"}, nil)
	r.until("bob", func() bool { return len(r.users) == 2 })
	r.wantLog("+ann", "+bob")
}

func TestRoomPagesByUser(t *testing.T) {
	n := newNode(t)
	for _, u := range []string{"cyd", "ann", "bob"} {
		n.hello(u).ok(wire.Request{Op: "join", Room: "r"}, nil)
	}
	n.hello("").watchRoom("r").until("three", func() bool {
		var c wire.RoomCount
		n.want(200, "GET", "/v1/rooms/r/count", nil, &c)
		return c.Count == 3
	})
	var first, rest wire.PresencePage
	n.want(200, "GET", "/v1/rooms/r/presence?limit=2", nil, &first)
	n.want(200, "GET", "/v1/rooms/r/presence?limit=2&after="+first.Next, nil, &rest)
	if first.Users[0].User != "ann" || first.Users[1].User != "bob" || rest.Users[0].User != "cyd" || rest.Next != "" {
		t.Errorf("pages %+v %+v", first, rest)
	}
	var rooms wire.Rooms
	n.want(200, "GET", "/v1/rooms", nil, &rooms)
	if len(rooms.Rooms) != 1 || rooms.Rooms[0].Count != 3 {
		t.Errorf("rooms %+v", rooms)
	}
}

func TestCountViewHoldsNobody(t *testing.T) {
	n := newNode(t)
	n.hello("ann").ok(wire.Request{Op: "join", Room: "r"}, nil)
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r", Mode: "count"}, nil)
	r := &roster{s: s}
	r.fold(s.next())
	r.until("one", func() bool { return r.state.Count == 1 })
	if len(r.users) != 0 || r.state.Mode != wire.ModeCount {
		t.Errorf("state %+v", r.state)
	}
}

func TestBadRoomRequests(t *testing.T) {
	n := newNode(t)
	s := n.hello("ann")
	s.wantFault(wire.BadName, "room", wire.Request{Op: "join", Room: "a b"})
	s.wantFault(wire.BadRequest, "room", wire.Request{Op: "leave", Room: "r"})
	s.wantFault(wire.BadRequest, "mode", wire.Request{Op: "subscribe", View: "presence", Room: "r", Mode: "all"})
	n.hello("").wantFault(wire.AuthRequired, "room", wire.Request{Op: "join", Room: "r"})
	for i := range 16 {
		s.ok(wire.Request{Op: "join", Room: fmt.Sprintf("r%d", i)}, nil)
	}
	s.wantFault(wire.TooMany, "room", wire.Request{Op: "join", Room: "one-more"})
	n.wantFault(wire.OutOfRange, "limit", "GET", "/v1/rooms/r/presence?limit=0", nil)
	n.wantFault(wire.BadName, "user", "GET", "/v1/users/a%00b", nil)
}
