package hub_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/presence/memroster"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// logged is what a node has logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) has(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), what)
}

// nodesOn starts nodes of one contest, whose board is b, one after the other.
type nodesOn struct {
	testing.TB
	store  hub.Boards
	roster hub.Roster
	wire   *membus.Wire
}

func newNodesOn(t testing.TB, store hub.Boards) *nodesOn {
	t.Helper()
	roster, err := memroster.New(t.Context(), memroster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &nodesOn{TB: t, store: store, roster: roster, wire: membus.New()}
}

// start starts a node as main does.
func (ns *nodesOn) start() (*testNode, *logged) {
	ns.Helper()
	log := &logged{}
	n := &testNode{TB: ns.TB, hub: hub.New(hub.Config{Shared: true, Logger: slog.New(slog.NewTextHandler(log, nil))}, ns.store, ns.roster, ns.wire.Node())}
	if err := n.hub.Start(ns.Context()); err != nil {
		ns.Fatal(err)
	}
	ns.Cleanup(n.hub.Close)
	if err := n.hub.EnsureBoard(ns.Context(), "b", leaderboard.Rules{Title: "Finals"}.WithDefaults()); err != nil {
		ns.Fatal(err)
	}
	n.server = httptest.NewServer(n.hub.Handler())
	ns.Cleanup(n.server.Close)
	return n, log
}

func (n *testNode) wantReady(want bool) {
	n.Helper()
	within(n, "ready to be "+map[bool]string{true: "yes", false: "no"}[want], func() bool {
		status, raw := n.call("GET", "/readyz", nil)
		return (status == 200) == want && (want || contains(raw, "the store has lost board b"))
	})
}

const madeAnew, notMade = "it is made anew", "it is not made anew"

// Redis has lost everything, and the nodes are restarted one after the other:
// none of them shows a contest that has not begun.
func TestRollingRestartOnAnEmptiedRedisMakesNoSilentZero(t *testing.T) {
	server := redistest.Start(t)
	ns := newNodesOn(t, redisboard.New(server.Clients(), redisboard.Config{}))
	a, log := ns.start()
	if !log.has(madeAnew) {
		t.Error("nothing is said of a board that is made")
	}
	a.push("b", event("s", 1, "ann", 5))
	b, log := ns.start()
	if log.has(madeAnew) {
		t.Error("a board that is there is made anew")
	}
	b.version("b", 1)
	if err := server.Clients().Write.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	b.hub.Close() // a restart that nobody waits for
	c, log := ns.start()
	if !log.has(notMade) || log.has("level=WARN") {
		t.Errorf("said %s", log.text.String())
	}
	a.hub.Close() // who knew the board
	d, log := ns.start()
	if !log.has(notMade) {
		t.Errorf("said %s", log.text.String())
	}
	for _, n := range []*testNode{c, d} {
		n.wantReady(false)
		n.wantFault(wire.Unavailable, "board", "GET", "/v1/boards/b", nil)
		wantStatuses(t, n.push("b", event("s", 2, "ann", 5)), "unavailable board")
		if !strings.Contains(n.metrics(), "rollcall_boards_lost 1\n") {
			t.Error("not counted as lost")
		}
	}
	c.board("b", wire.Rules{}) // somebody says that this is meant
	for _, n := range []*testNode{c, d} {
		n.wantReady(true)
		if p := n.page("b", ""); p.Total != 0 {
			t.Errorf("page %+v", p)
		}
	}
	wantStatuses(t, d.push("b", event("s", 1, "ann", 5)), "applied")
}

// It is back without a word of anybody.
func TestBoardDeemedLostIsFoundAgain(t *testing.T) {
	store := newForgetful()
	ns := newNodesOn(t, store)
	a, _ := ns.start()
	a.push("b", event("s", 1, "ann", 5))
	back := store.lose()
	c, _ := ns.start()
	c.wantReady(false)
	back()
	for _, n := range []*testNode{a, c} {
		n.wantReady(true)
		if p := n.page("b", ""); p.Total != 1 {
			t.Errorf("page %+v", p)
		}
	}
}

// Whoever deletes it gives it up, on all nodes.
func TestBoardDeemedLostIsGivenUp(t *testing.T) {
	store := newForgetful()
	ns := newNodesOn(t, store)
	a, _ := ns.start()
	a.push("b", event("s", 1, "ann", 5))
	store.lose()
	c, _ := ns.start()
	c.wantReady(false)
	c.want(204, "DELETE", "/v1/boards/b", nil, nil)
	for _, n := range []*testNode{a, c} {
		n.wantReady(true)
		n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
	}
}

// Nobody watches the contest's board, and the store loses it: somebody must know.
func TestContestsBoardIsServedForNobody(t *testing.T) {
	bubbleShared(t, func(t *testing.T, store *forgetful, p *pusher) {
		for range 2 {
			if err := p.hub.EnsureBoard(t.Context(), "b", leaderboard.Rules{}.WithDefaults()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Minute)
			if !p.hub.Serves("b") || p.hub.Serves("c") {
				t.Fatal("the board is not served")
			}
		}
	})
}

// A node tells others that are new, and what it loses, without waiting for its
// beat.
func TestNodesTellNewsAtOnce(t *testing.T) {
	a, b, _ := newPairOn(t, newForgetful(), func(c *hub.Config) { c.NodeBeat = time.Hour })
	for _, n := range []*testNode{a, b} {
		within(t, "both to know of each other", func() bool {
			var nodes wire.Nodes
			n.want(200, "GET", "/v1/nodes", nil, &nodes)
			return len(nodes.Nodes) == 2
		})
	}
}
