package hub_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

var errDisk = errors.New("the disk is on fire")

// faulty stands before a store and a roster that can fail, stall or panic.
type faulty struct {
	hub.Boards
	hub.Roster
	failing  atomic.Bool // Snapshot, Changes and Page fail
	stalling atomic.Bool // Page waits for its context
	panicky  atomic.Bool // Source panics
	applied  atomic.Int64
}

func (f *faulty) wrap(b hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) {
	f.Boards, f.Roster = b, r
	return f, f
}

func (f *faulty) Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error) {
	if f.failing.Load() {
		return leaderboard.Snapshot{}, errDisk
	}
	return f.Boards.Snapshot(ctx, board)
}

func (f *faulty) Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error) {
	f.applied.Add(int64(len(batch)))
	return f.Boards.Apply(ctx, board, batch, level)
}

func (f *faulty) Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	if f.panicky.Load() {
		panic("a defect")
	}
	return f.Boards.Source(ctx, board, source)
}

func (f *faulty) Page(ctx context.Context, room, after string, limit int) (presence.Page, error) {
	if f.stalling.Load() {
		<-ctx.Done()
		return presence.Page{}, ctx.Err()
	}
	if f.failing.Load() {
		return presence.Page{}, errDisk
	}
	return f.Roster.Page(ctx, room, after, limit)
}

// miss makes a hub hear a transition that does not follow what it knows, so
// that it must read the room.
func miss(h *hub.Hub, room string) {
	h.HearTransitions([]presence.Transition{{
		Place: presence.Place{Room: room, User: "nobody"}, Kind: presence.Changed, Prev: 1<<60 - 1, Version: 1 << 60,
	}})
}

func newFaultyNode(t testing.TB) (*testNode, *faulty) {
	f := &faulty{}
	return newHub(t, hub.Config{}, f.wrap).listen(), f
}

func TestFailedReadIsNeverAnEmptyBoard(t *testing.T) {
	n, f := newFaultyNode(t)
	n.board("b", wire.Rules{})
	f.failing.Store(true)
	n.wantFault(wire.NotReady, "", "GET", "/v1/boards/b?wait_ms=50", nil)
	n.wantFault(wire.NotReady, "", "GET", "/v1/boards/none?wait_ms=50", nil)
	f.failing.Store(false)
	if p := n.page("b", ""); p.Epoch == "" {
		t.Errorf("page %+v after the store came back", p)
	}
	n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/none", nil)
}

func TestStalledRosterStopsNoBoardAndNoSession(t *testing.T) {
	n, f := newFaultyNode(t)
	n.board("b", wire.Rules{})
	room := n.hello("")
	room.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r"}, nil)
	room.next()
	f.stalling.Store(true)
	miss(n.hub, "r")
	n.hello("ann").ok(wire.Request{Op: "join", Room: "r"}, nil)
	board := n.hello("")
	board.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	board.next()
	for i := 1; i <= 20; i++ {
		n.push("b", event("s", i, "m", float64(i)))
		deltaOf(t, board.next())
		s := n.hello("")
		s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r"}, nil)
		s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "other"}, nil)
	}
}

func TestFailingRosterIsShownAsDegradedAndRecovers(t *testing.T) {
	f := &faulty{}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{}, f.wrap)
		defer n.stop()
		w := n.witness("r")
		n.hello("ann").joins("r").background()
		time.Sleep(time.Second)
		f.failing.Store(true)
		miss(n.hub, "r")
		time.Sleep(2 * time.Second)
		n.hello("bob").joins("r").background() // what is heard is still shown
		time.Sleep(8 * time.Second)
		w.want(t, "+ann@0", "degraded", "+bob@3")
		if !w.degraded {
			t.Error("shown as sound while reads fail")
		}
		f.failing.Store(false)
		time.Sleep(2 * time.Second)
		w.want(t, "+ann@0", "degraded", "+bob@3")
		if w.degraded {
			t.Error("still degraded after a read")
		}
	})
}

func TestRoomThatWasNeverReadShowsNothing(t *testing.T) {
	f := &faulty{}
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, hub.Config{}, f.wrap)
		defer n.stop()
		f.failing.Store(true)
		w := n.witness("r")
		n.hello("ann").joins("r").background()
		time.Sleep(10 * time.Second)
		w.want(t)
		f.failing.Store(false)
		time.Sleep(2 * time.Second)
		w.wantIn(t, "ann")
	})
}

func TestPanicEndsOneRequestOrSessionAlone(t *testing.T) {
	n, f := newFaultyNode(t)
	n.board("b", wire.Rules{})
	f.panicky.Store(true)
	n.wantFault(wire.Internal, "", "GET", "/v1/boards/b/sources/s", nil)
	if _, raw := n.call("GET", "/metrics", nil); !strings.Contains(string(raw), `rollcall_errors_total{code="internal"} 1`) {
		t.Error("the panic is not counted")
	}
	if p := n.page("b", ""); p.Board != "b" {
		t.Errorf("page %+v", p)
	}
}

// panickyAuth panics on one token.
type panickyAuth struct{ tokens }

func (a panickyAuth) Authenticate(token string) (hub.Principal, error) {
	if token == "panic" {
		panic("a defect")
	}
	return a.tokens.Authenticate(token)
}

func TestPanicEndsOneSessionAlone(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.Auth = panickyAuth{roleTokens} })
	n.token = "player"
	other := n.hello("")
	s := n.dial(nil)
	s.send(`{"id":1,"op":"hello","token":"panic"}`)
	s.wantClosed(wire.CloseInternal)
	other.ok(wire.Request{Op: "ping"}, nil)
}

func TestWaitingReadEndsWithTheNode(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	answered := make(chan int)
	go func() {
		req, _ := http.NewRequest("GET", n.server.URL+"/v1/boards/b?min_version=1000&wait_ms=30000", nil)
		res, err := n.server.Client().Do(req)
		if err != nil {
			answered <- 0
			return
		}
		_ = res.Body.Close()
		answered <- res.StatusCode
	}()
	for !strings.Contains(n.metrics(), `rollcall_waiting_reads 1`) {
	}
	began := time.Now()
	n.hub.Close()
	if status := <-answered; status != http.StatusServiceUnavailable || time.Since(began) > 5*time.Second {
		t.Errorf("%d after %v", status, time.Since(began))
	}
}

func TestBadEventWithoutIdentityTakesNoPlaceInTheStore(t *testing.T) {
	n, f := newFaultyNode(t)
	n.board("b", wire.Rules{})
	wantStatuses(t, n.push("b", `{"member":"m","op":"double"}`), "bad_op op")
	if got := f.applied.Load(); got != 0 {
		t.Errorf("the store was given %d events", got)
	}
	wantStatuses(t, n.push("b", `{"member":"m","op":"double","id":"x"}`), "bad_op op")
	if got := f.applied.Load(); got != 1 {
		t.Errorf("the store was given %d events, want the one that consumes its id", got)
	}
}
