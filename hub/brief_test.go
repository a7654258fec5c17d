package hub_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

func TestListIsReadOnceASecondHoweverManyAsk(t *testing.T) {
	store := newForgetful()
	a, b, _ := newPairOn(t, store, slowPoll)
	list := func(n *testNode) int {
		var all wire.Boards
		n.want(200, "GET", "/v1/boards", nil, &all)
		return len(all.Boards)
	}
	began := time.Now()
	for range 50 {
		list(a)
	}
	if n := store.count("List"); n > 1+int(time.Since(began)/time.Second) {
		t.Errorf("the store was asked %d times", n)
	}
	a.board("b", wire.Rules{})
	if n := list(a); n != 1 {
		t.Errorf("%d boards after one was made here", n)
	}
	within(t, "the other node's list", func() bool { return list(b) == 1 })
	a.want(204, "DELETE", "/v1/boards/b", nil, nil)
	if n := list(a); n != 0 {
		t.Errorf("%d boards after it was deleted here", n)
	}
}

func TestUnknownNameIsReadOnceASecondHoweverManyAsk(t *testing.T) {
	store := newForgetful()
	a, b, bus := newPairOn(t, store, slowPoll)
	began := time.Now()
	for range 50 {
		b.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/none", nil)
	}
	if n := store.count("Snapshot"); n > 1+int(time.Since(began)/time.Second) {
		t.Errorf("the store was asked %d times", n)
	}
	b.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
	bus.deaf.Store(true)
	a.board("b", wire.Rules{})
	version := a.push("b", event("s", 1, "ann", 5))[0].Version
	b.version("b", version) // an acknowledged write is seen, whatever was remembered

	b.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/c", nil)
	a.board("c", wire.Rules{})
	made := time.Now()
	within(t, "the other node to find it", func() bool {
		status, _ := b.call("GET", "/v1/boards/c", nil)
		return status == 200
	})
	if took := time.Since(made); took > 5*time.Second {
		t.Errorf("found after %v", took)
	}

	b.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/d", nil)
	bus.deaf.Store(false)
	a.board("d", wire.Rules{})
	if p := b.page("d", ""); p.Board != "d" { // at once
		t.Errorf("page %+v", p)
	}
}

// countedRoster counts the reads that HTTP may cause.
type countedRoster struct {
	hub.Roster
	reads atomic.Int64
}

func (c *countedRoster) Page(ctx context.Context, room, after string, limit int) (presence.Page, error) {
	c.reads.Add(1)
	return c.Roster.Page(ctx, room, after, limit)
}

func (c *countedRoster) Rooms(ctx context.Context) ([]presence.RoomCount, error) {
	c.reads.Add(1)
	return c.Roster.Rooms(ctx)
}

func (c *countedRoster) User(ctx context.Context, user string) (presence.UserState, error) {
	c.reads.Add(1)
	return c.Roster.User(ctx, user)
}

func newRosterNode(t *testing.T) (*testNode, *countedRoster) {
	t.Helper()
	people, err := memroster.New(t.Context(), memroster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	roster := &countedRoster{Roster: people}
	n := &testNode{TB: t, hub: hub.New(hub.Config{Shared: true}, newForgetful(), roster, membus.New().Node())}
	if err := n.hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.server = httptest.NewServer(n.hub.Handler())
	t.Cleanup(func() {
		n.hub.Close()
		n.server.Close()
		if err := people.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return n, roster
}

func TestRosterIsReadOnceASecondHoweverManyAsk(t *testing.T) {
	n, roster := newRosterNode(t)
	for _, path := range []string{"/v1/rooms", "/v1/rooms/r/count", "/v1/rooms/q/presence", "/v1/rooms/q/presence?limit=7", "/v1/users/ann"} {
		began := time.Now()
		roster.reads.Store(0)
		for range 30 {
			n.want(200, "GET", path, nil, nil)
		}
		if got := roster.reads.Load(); got > 1+int64(time.Since(began)/time.Second) {
			t.Errorf("%s: the roster was read %d times", path, got)
		}
	}
}

func TestPagesOfARoomAreThoseOfTheRoster(t *testing.T) {
	for _, watched := range []bool{false, true} {
		t.Run(fmt.Sprintf("watched %v", watched), func(t *testing.T) {
			n, roster := newRosterNode(t)
			var joins []presence.Join
			for i := range 230 {
				joins = append(joins, presence.Join{Place: presence.Place{Room: "r", User: fmt.Sprintf("u%04d", i)}})
			}
			if _, err := roster.Join(t.Context(), "crowd", joins); err != nil {
				t.Fatal(err)
			}
			if watched {
				s := n.hello("")
				s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r"}, nil)
				s.next()
				roster.reads.Store(0)
			}
			for _, limit := range []int{1, 7, 100, 101, 229, 230, 1000} {
				seen := map[string]bool{}
				after := ""
				for {
					var page wire.PresencePage
					n.want(200, "GET", fmt.Sprintf("/v1/rooms/r/presence?limit=%d&after=%s", limit, after), nil, &page)
					for _, u := range page.Users {
						if seen[u.User] || u.User <= after {
							t.Fatalf("limit %d: %s came twice, or out of order", limit, u.User)
						}
						seen[u.User] = true
					}
					if page.Count != 230 || len(page.Users) > limit {
						t.Fatalf("limit %d: count %d, %d users", limit, page.Count, len(page.Users))
					}
					if after = page.Next; after == "" {
						break
					}
				}
				if len(seen) != 230 {
					t.Errorf("limit %d: %d users", limit, len(seen))
				}
			}
			if watched && roster.reads.Load() > 0 {
				t.Errorf("a watched room was read %d times", roster.reads.Load())
			}
		})
	}
}

func TestFailedListIsNoEmptyList(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll)
	store.set(func() { store.fail["List"] = fmt.Errorf("%w: away", leaderboard.ErrUnavailable) })
	a.wantFault(wire.Unavailable, "", "GET", "/v1/boards", nil)
}

func TestStoreThatIsAwayIsNamed(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	store.set(func() { store.fail[""] = errRefused })
	status, raw := a.call("GET", "/v1/boards/b?wait_ms=200", nil)
	if status != 503 || !contains(raw, "not_ready") || !contains(raw, "store does not answer") {
		t.Errorf("%d %s", status, raw)
	}
}

func TestReadyStaysWhileTheStoreIsAwayAndSaysSo(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		board := store.make(t, 1)[0]
		p.push(board)
		ready := func() (int, []byte) {
			w := httptest.NewRecorder()
			p.hub.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
			return w.Code, w.Body.Bytes()
		}
		if status, raw := ready(); status != 200 || !contains(raw, `"ready"`) {
			t.Errorf("%d %s", status, raw)
		}
		store.set(func() { store.fail[""] = errRefused })
		time.Sleep(10 * time.Second)
		if status, raw := ready(); status != 200 || !contains(raw, `"degraded"`) || !contains(raw, "does not answer") {
			t.Errorf("while the store is away: %d %s", status, raw)
		}
		store.set(func() { store.fail[""], store.fail["Apply"] = nil, errRefused })
		for range 100 {
			p.push(board)
			time.Sleep(100 * time.Millisecond)
		}
		if status, raw := ready(); status != 200 || !contains(raw, `"degraded"`) || !contains(raw, "takes no events") {
			t.Errorf("while the store is full: %d %s", status, raw)
		}
		store.set(func() { delete(store.fail, "Apply") })
		time.Sleep(time.Second)
		p.push(board)
		if status, raw := ready(); status != 200 || !contains(raw, `"ready"`) {
			t.Errorf("afterwards: %d %s", status, raw)
		}
	})
}

func contains(raw []byte, s string) bool { return strings.Contains(string(raw), s) }
