package hub_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

// lossy is a bus that can lose what its node says.
type lossy struct {
	*membus.Bus
	deaf atomic.Bool
}

func (l *lossy) PublishDelta(board string, d leaderboard.Delta) {
	if !l.deaf.Load() {
		l.Bus.PublishDelta(board, d)
	}
}

func (l *lossy) PublishRenewed(board string) {
	if !l.deaf.Load() {
		l.Bus.PublishRenewed(board)
	}
}

// newPair starts two nodes on the same stores.
func newPair(t *testing.T, change ...func(*hub.Config)) (a, b *testNode, aBus *lossy) {
	t.Helper()
	store, err := pebbleboard.Open(pebbleboard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the nodes
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return newPairOn(t, store, change...)
}

// newPairOn starts two nodes on a store that stays the caller's.
func newPairOn(t *testing.T, store hub.Boards, change ...func(*hub.Config)) (a, b *testNode, aBus *lossy) {
	t.Helper()
	roster, err := memroster.New(context.Background(), memroster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	wireBus := membus.New()
	aBus = &lossy{Bus: wireBus.Node()}
	start := func(bus hub.Bus) *testNode {
		cfg := hub.Config{Shared: true, HeadPoll: 50 * time.Millisecond, NodeBeat: 50 * time.Millisecond}
		for _, c := range change {
			c(&cfg)
		}
		n := &testNode{TB: t, hub: hub.New(cfg, store, roster, bus)}
		if err := n.hub.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		n.server = httptest.NewServer(n.hub.Handler())
		return n
	}
	a, b = start(aBus), start(wireBus.Node())
	t.Cleanup(func() {
		for _, n := range []*testNode{a, b} {
			n.hub.Close()
			n.server.Close()
		}
		if err := roster.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a, b, aBus
}

func slowPoll(c *hub.Config) { c.HeadPoll = time.Hour }

func TestChangesOfOneNodeAreSeenOnTheOther(t *testing.T) {
	a, b, _ := newPair(t, slowPoll)
	a.board("b", wire.Rules{})
	s := b.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	s.next()
	a.push("b", event("s", 1, "ann", 5))
	d := deltaOf(t, s.next())
	if len(d.Entries) != 1 || d.Entries[0].Member != "ann" {
		t.Errorf("delta %+v", d)
	}
}

// The last event of a quiet board whose node could not tell of it.
func TestLostDeltaIsFoundByLooking(t *testing.T) {
	a, b, bus := newPair(t)
	a.board("b", wire.Rules{})
	s := b.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	s.next()
	bus.deaf.Store(true)
	a.push("b", event("s", 1, "ann", 5))
	d := deltaOf(t, s.next())
	if len(d.Entries) != 1 || d.Entries[0].Member != "ann" {
		t.Errorf("delta %+v", d)
	}
}

func TestDoubtIsAskedOfTheStore(t *testing.T) {
	a, b, bus := newPair(t, slowPoll)
	a.board("b", wire.Rules{})
	a.board("c", wire.Rules{})
	s := b.hello("")
	for _, board := range []string{"b", "c"} {
		s.ok(wire.Request{Op: "subscribe", View: "top", Board: board}, nil)
		s.next()
	}
	bus.deaf.Store(true)
	a.push("b", event("s", 1, "ann", 5))
	a.push("c", event("s", 1, "cyd", 5))
	b.hub.Doubt("b")
	if d := deltaOf(t, s.next()); d.Entries[0].Member != "ann" {
		t.Errorf("delta %+v", d)
	}
	b.hub.Doubt()
	if d := deltaOf(t, s.next()); d.Entries[0].Member != "cyd" {
		t.Errorf("delta %+v", d)
	}
}

func TestMinVersionHoldsOnEveryNode(t *testing.T) {
	a, b, bus := newPair(t, slowPoll)
	bus.deaf.Store(true) // the worst case: nothing is ever told
	a.board("b", wire.Rules{})
	for i := 1; i <= 20; i++ {
		version := a.push("b", event("s", i, "ann", float64(i)))[0].Version
		if p := b.page("b", fmt.Sprintf("?min_version=%d", version)); p.Version < version || p.Entries[0].Score != float64(i) {
			t.Fatalf("version %d was acknowledged, the read saw %+v", version, p)
		}
	}
	b.wantFault(wire.Behind, "min_version", "GET", "/v1/boards/b?min_version=999&wait_ms=100", nil)
}

func TestBoardsComeAndGoOnEveryNode(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		t.Run(fmt.Sprintf("deaf %v", deaf), func(t *testing.T) {
			a, b, bus := newPair(t)
			b.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
			bus.deaf.Store(deaf)
			a.board("b", wire.Rules{})
			a.push("b", event("s", 1, "ann", 5))
			found := func() bool { status, _ := b.call("GET", "/v1/boards/b", nil); return status == 200 }
			if deaf {
				within(t, "the board to be found", found) // what is not there is asked for once a second
			} else if !found() {
				t.Fatal("the other node was told of the board and does not find it")
			}
			s := b.hello("")
			s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
			if snap := snapshotOf(t, s.next()); len(snap.Entries) != 1 {
				t.Fatalf("snapshot %+v", snap)
			}
			a.want(204, "DELETE", "/v1/boards/b", nil, nil)
			if snap := snapshotOf(t, s.next()); len(snap.Entries) != 0 {
				t.Fatalf("after the board was deleted: %+v", snap)
			}
			a.board("b", wire.Rules{})
			within(t, "the board to be found though a feed knew that it is gone", found)
			a.push("b", event("s", 1, "bob", 7))
			for {
				f := s.next()
				if f.Snapshot != nil && len(snapshotOf(t, f).Entries) == 0 {
					continue // the new board, still empty
				}
				break
			}
		})
	}
}

func TestNodesKnowOfEachOther(t *testing.T) {
	a, b, _ := newPair(t)
	a.board("hot", wire.Rules{})
	a.push("hot", event("s", 1, "ann", 5))
	count := func() int {
		var nodes wire.Nodes
		b.want(200, "GET", "/v1/nodes", nil, &nodes)
		return len(nodes.Nodes)
	}
	within(t, "both nodes", func() bool { return count() == 2 })
	within(t, "the hot board of the other node", func() bool {
		var nodes wire.Nodes
		b.want(200, "GET", "/v1/nodes", nil, &nodes)
		for _, n := range nodes.Nodes {
			if n.Node == a.hub.Node() && len(n.Hot) == 1 && n.Hot[0].Board == "hot" {
				return true
			}
		}
		return false
	})
	a.hub.Close()
	within(t, "the other to be forgotten", func() bool { return count() == 1 })
}

// within waits until something is so.
func within(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited for %s", what)
		}
	}
}
