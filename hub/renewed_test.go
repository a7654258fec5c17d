package hub_test

import (
	"context"
	"fmt"
	"testing"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// A hint that the board is another one is no proof that it is empty.
func TestRenewedBoardIsNotShownEmptyBeforeItIsRead(t *testing.T) {
	n, f := newFaultyNode(t)
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	s.next()
	f.failing.Store(true)
	n.hub.HearRenewed("b")
	n.wantFault(wire.NotReady, "", "GET", "/v1/boards/b?wait_ms=300", nil) // time for several frames
	f.failing.Store(false)
	n.push("b", event("s", 2, "bob", 7))
	next := s.next()
	if next.Snapshot != nil {
		if snap := snapshotOf(t, next); len(snap.Entries) != 2 {
			t.Errorf("shown meanwhile: %s", next.raw)
		}
		return
	}
	if d := deltaOf(t, next); len(d.Gone) > 0 {
		t.Errorf("shown meanwhile: %s", next.raw)
	}
}

// gated holds each snapshot, once it is taken, until it is let go.
type gated struct {
	hub.Boards
	on          bool
	taken, lets chan struct{}
}

func (g *gated) Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error) {
	snap, err := g.Boards.Snapshot(ctx, board)
	if !g.on {
		return snap, err
	}
	select {
	case g.taken <- struct{}{}:
	case <-ctx.Done():
	}
	select {
	case <-g.lets:
	case <-ctx.Done():
	}
	return snap, err
}

func TestReadAfterABoardIsMadeAnewNeverSeesTheOldOne(t *testing.T) {
	g := &gated{taken: make(chan struct{}), lets: make(chan struct{})}
	n := newHub(t, hub.Config{}, func(b hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) {
		g.Boards = b
		return g, r
	}).listen()
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	n.page("b", "")
	g.on = true // nothing is being read now
	n.hub.HearRenewed("b")
	<-g.taken // with ann on it
	n.want(204, "DELETE", "/v1/boards/b", nil, nil)
	n.board("b", wire.Rules{})
	g.lets <- struct{}{}
	n.wantFault(wire.NotReady, "", "GET", "/v1/boards/b?wait_ms=50", nil)
	close(g.lets)
	<-g.taken
	if p := n.page("b", ""); p.Total != 0 {
		t.Errorf("the new board is %+v", p)
	}
}

func TestNamesThatCannotBeReadDoNotGather(t *testing.T) {
	n, f := newFaultyNode(t)
	f.failing.Store(true)
	for i := range 20 {
		n.wantFault(wire.NotReady, "", "GET", fmt.Sprintf("/v1/boards/none%d?wait_ms=0", i), nil)
	}
	within(t, "the names to be forgotten", func() bool {
		var nodes wire.Nodes
		n.want(200, "GET", "/v1/nodes", nil, &nodes)
		return nodes.Nodes[0].Boards == 0
	})
}
