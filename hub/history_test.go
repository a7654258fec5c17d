package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// watching subscribes to the top of a board and takes the first snapshot.
func (n *testNode) watching(board string) (*testSession, wire.BoardSnapshot) {
	n.Helper()
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: board}, nil)
	return s, snapshotOf(n, s.next())
}

// version waits until a page of the board is at a version, in any epoch.
func (n *testNode) version(board string, version uint64) wire.BoardPage {
	n.Helper()
	return n.page(board, fmt.Sprintf("?min_version=%d", version))
}

// info is what the node tells of itself.
func (n *testNode) info() wire.NodeInfo {
	n.Helper()
	var nodes wire.Nodes
	n.want(200, "GET", "/v1/nodes", nil, &nodes)
	for _, info := range nodes.Nodes {
		if info.Node == n.hub.Node() {
			return info
		}
	}
	n.Fatal("the node does not tell of itself")
	return wire.NodeInfo{}
}

// nextSnapshot returns the next snapshot and how many deltas came before it.
func nextSnapshot(t testing.TB, s *testSession) (snap wire.BoardSnapshot, deltas int) {
	t.Helper()
	for {
		f := s.next()
		if f.Snapshot != nil {
			return snapshotOf(t, f), deltas
		}
		deltas++
	}
}

// The old primary had 105 events for alice; the one that took over had 100, and
// 5 more for bob: the same epoch and version, another board.
func TestRollbackThatMeetsTheSameVersionIsNoticed(t *testing.T) {
	store := newForgetful()
	a, b, bus := newPairOn(t, store)
	a.board("b", wire.Rules{})
	for i := 1; i <= 105; i++ {
		a.push("b", event("s", i, "alice", float64(i)))
	}
	a.version("b", 105)
	b.version("b", 105)
	onA, first := a.watching("b")
	onB, _ := b.watching("b")
	bus.deaf.Store(true) // nodes that hear nothing of it
	store.back("b", 100)
	store.set(func() {
		for i := 1; i <= 5; i++ {
			if _, err := store.boards["b"].apply([]leaderboard.Event{{Member: "bob", Op: leaderboard.Set, Score: float64(i), Source: "t", Seq: uint64(i)}}); err != nil {
				t.Error(err)
			}
		}
	})
	epochs := map[string]bool{}
	for _, s := range []*testSession{onA, onB} {
		snap, deltas := nextSnapshot(t, s)
		if deltas > 0 || snap.Epoch == first.Epoch || snap.Version != 105 || len(snap.Entries) != 2 {
			t.Errorf("after %d deltas: %+v", deltas, snap)
		}
		epochs[snap.Epoch] = true
	}
	if len(epochs) != 1 || store.begun != 1 {
		t.Errorf("%d epochs are shown, %d were begun; want one", len(epochs), store.begun)
	}
	bus.deaf.Store(false)
	a.push("b", event("t", 6, "bob", 6))
	for _, s := range []*testSession{onA, onB} {
		if f := s.next(); f.Delta == nil {
			t.Errorf("a second snapshot: %s", f.raw)
		}
	}
	if got := a.metrics() + b.metrics(); strings.Count(got, `rollcall_fences_total{outcome="begun"} 1`) != 1 {
		t.Error("the new epoch is not counted once")
	}
}

// Somebody says that the board is another, and it is: what was known is compared
// before it is forgotten.
func TestRollbackIsNoticedWhereTheBoardIsReadAnew(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	s, first := a.watching("b")
	store.back("b", 6)
	a.hub.HearRenewed("b")
	if snap, _ := nextSnapshot(t, s); snap.Epoch == first.Epoch || snap.Version != 6 || store.begun != 1 {
		t.Errorf("shown %+v, %d epochs were begun", snap, store.begun)
	}
}

func TestRollbackIsNoticedByTheAnswerOfAPush(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	s, first := a.watching("b")
	store.back("b", 6)
	a.push("b", event("s", 7, "bob", 1))
	if snap, _ := nextSnapshot(t, s); snap.Epoch == first.Epoch || snap.Version != 7 {
		t.Errorf("shown %+v", snap)
	}
}

func TestFailedFenceKeepsWhatIsShown(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	s, first := a.watching("b")
	store.set(func() { store.fail["Fence"] = errRefused })
	store.back("b", 6)
	within(t, "a fence that fails", func() bool { return strings.Contains(a.metrics(), `rollcall_fences_total{outcome="failed"}`) })
	if p := a.page("b", ""); p.Version != 10 || p.Epoch != first.Epoch {
		t.Errorf("page %+v", p)
	}
	store.set(func() { delete(store.fail, "Fence") })
	if snap, _ := nextSnapshot(t, s); snap.Epoch == first.Epoch || snap.Version != 6 {
		t.Errorf("shown %+v", snap)
	}
}

// Two servers are primary for a moment: the fence is asked of one that has
// everything, and the board is read from one that has not.
func TestNoReplicaGoesBackWithinAnEpoch(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	s, first := a.watching("b")
	store.set(func() { store.split = true })
	store.back("b", 6)
	within(t, "a snapshot that is behind", func() bool { return store.count("Snapshot") > 0 })
	within(t, "another", func() bool { return store.count("Snapshot") > 0 })
	if p := a.page("b", ""); p.Version != 10 || p.Epoch != first.Epoch {
		t.Errorf("page %+v", p)
	}
	store.set(func() { store.split = false })
	if snap, deltas := nextSnapshot(t, s); deltas > 0 || snap.Epoch == first.Epoch || snap.Version != 6 {
		t.Errorf("shown %+v after %d deltas", snap, deltas)
	}
}

// A changelog that was cut is no other history.
func TestCutChangelogKeepsTheEpoch(t *testing.T) {
	store := newForgetful()
	a, b, bus := newPairOn(t, store)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 1))
	s, first := b.watching("b")
	bus.deaf.Store(true)
	store.set(func() { store.fail["Changes"] = leaderboard.ErrGone })
	a.push("b", event("s", 2, "ann", 2))
	f := s.next()
	if d := deltaOf(t, f); d.Version != 2 {
		t.Errorf("shown %s", f.raw)
	}
	if p := b.page("b", ""); p.Epoch != first.Epoch || store.begun != 0 {
		t.Errorf("epoch %s, was %s", p.Epoch, first.Epoch)
	}
}

func TestLostBoardIsLoud(t *testing.T) {
	store := newForgetful()
	a, b, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	s, first := b.watching("b")
	a.version("b", 1)
	back := store.lose()
	wantStatuses(t, a.push("b", event("s", 2, "ann", 6)), "unavailable board") // also before anybody has looked
	for _, n := range []*testNode{a, b} {
		within(t, "the loss to be noticed", func() bool { return strings.Contains(n.metrics(), "rollcall_boards_lost 1") })
		n.wantFault(wire.Unavailable, "board", "GET", "/readyz", nil)
		wantStatuses(t, n.push("b", event("s", 2, "ann", 6)), "unavailable board")
		n.wantFault(wire.Unavailable, "board", "GET", "/v1/boards/b/sources/s", nil)
		if p := n.page("b", ""); p.Total != 1 || p.Epoch != first.Epoch {
			t.Errorf("page %+v", p)
		}
		if said := n.info(); !strings.Contains(said.Problem, "has lost board b") || said.Lost != 1 {
			t.Errorf("the console is told of store %+v", said)
		}
	}
	within(t, "the list to hold it", func() bool {
		var list wire.Boards
		a.want(200, "GET", "/v1/boards", nil, &list)
		return len(list.Boards) == 1 && list.Boards[0].Total == 1
	})
	back()
	for _, n := range []*testNode{a, b} {
		within(t, "the board to be found", func() bool { return strings.Contains(n.metrics(), "rollcall_boards_lost 0") })
		n.want(200, "GET", "/readyz", nil, nil)
	}
	a.push("b", event("s", 2, "ann", 6))
	if f := s.next(); f.Delta == nil {
		t.Errorf("the watcher was shown %s", f.raw)
	}
}

func TestLostBoardThatComesBackOlderBeginsAnEpoch(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	s, first := a.watching("b")
	back := store.lose()
	within(t, "the loss to be noticed", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 1") })
	store.set(func() { store.fail[""] = errRefused })
	back()
	store.back("b", 4)
	store.set(func() { delete(store.fail, "") })
	if snap, deltas := nextSnapshot(t, s); deltas > 0 || snap.Epoch == first.Epoch || snap.Version != 4 || len(snap.Entries) != 1 {
		t.Errorf("shown %+v", snap)
	}
	a.want(200, "GET", "/readyz", nil, nil)
}

// What the store has again must be compared before it takes events.
func TestLostBoardTakesNoEventsBeforeItIsCompared(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, "ann", float64(i)))
	}
	a.version("b", 10)
	back := store.lose()
	a.hub.Doubt()
	within(t, "the loss to be noticed", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 1") })
	back()
	store.back("b", 4)
	wantStatuses(t, a.push("b", event("s", 5, "ann", 5)), "unavailable board")
	a.hub.Doubt()
	within(t, "the board to be found", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 0") })
	wantStatuses(t, a.push("b", event("s", 5, "ann", 5)), "applied")
	if store.begun != 1 {
		t.Errorf("%d epochs were begun", store.begun)
	}
}

func TestLostBoardIsGivenUpByDelete(t *testing.T) {
	for _, other := range []bool{false, true} {
		t.Run(fmt.Sprintf("by a node that does not serve it %v", other), func(t *testing.T) {
			store := newForgetful()
			a, b, _ := newPairOn(t, store)
			a.board("b", wire.Rules{})
			a.push("b", event("s", 1, "ann", 5))
			s, _ := a.watching("b")
			if !other {
				b.version("b", 1)
			}
			store.lose()
			within(t, "the loss to be noticed", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 1") })
			if other {
				b.wantFault(wire.UnknownBoard, "board", "DELETE", "/v1/boards/b", nil)
			} else {
				within(t, "the loss to be noticed", func() bool { return strings.Contains(b.metrics(), "rollcall_boards_lost 1") })
				b.want(204, "DELETE", "/v1/boards/b", nil, nil)
			}
			if snap, _ := nextSnapshot(t, s); len(snap.Entries) != 0 {
				t.Errorf("shown %+v", snap)
			}
			for _, n := range []*testNode{a, b} {
				within(t, "the nodes to be ready", func() bool {
					status, _ := n.call("GET", "/readyz", nil)
					return status == 200
				})
			}
			wantStatuses(t, a.push("b", event("s", 2, "ann", 6)), "unknown_board board")
		})
	}
}

func TestLostBoardIsMadeAnewByPut(t *testing.T) {
	store := newForgetful()
	a, b, bus := newPairOn(t, store)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	s, first := b.watching("b")
	store.lose()
	within(t, "the loss to be noticed", func() bool { return strings.Contains(b.metrics(), "rollcall_boards_lost 1") })
	bus.deaf.Store(true) // found by looking
	a.board("b", wire.Rules{})
	if snap, _ := nextSnapshot(t, s); len(snap.Entries) != 0 || snap.Epoch == first.Epoch {
		t.Errorf("shown %+v", snap)
	}
	b.want(200, "GET", "/readyz", nil, nil)
	wantStatuses(t, b.push("b", event("s", 1, "ann", 6)), "applied")
}

// A late hint that a board is another one is no proof that it was deleted.
func TestLostBoardIsNotShownEmptyAfterAHint(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	s, _ := a.watching("b")
	back := store.lose()
	a.hub.HearRenewed("b")
	within(t, "the loss to be noticed", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 1") })
	if p := a.page("b", ""); p.Total != 1 {
		t.Errorf("page %+v", p)
	}
	back()
	a.hub.Doubt()
	within(t, "the board to be found", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 0") })
	a.push("b", event("s", 2, "ann", 6))
	if f := s.next(); f.Delta == nil {
		t.Errorf("the watcher was shown %s", f.raw)
	}
}

// What is lost must stay until somebody says what becomes of it.
func TestLostBoardIsKeptThoughNobodyWatches(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, func(c *hub.Config) { c.ReplicaKeep = 20 * time.Millisecond })
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	s, _ := a.watching("b")
	store.lose()
	within(t, "the loss to be noticed", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_lost 1") })
	_ = s.ws.Close()
	a.board("other", wire.Rules{})
	a.page("other", "")
	within(t, "idle boards to be dropped", func() bool { return strings.Contains(a.metrics(), "rollcall_replicas 1\n") })
	if p := a.page("b", ""); p.Total != 1 {
		t.Errorf("page %+v", p)
	}
}

func TestUnansweredStoreIsNoLostBoard(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	store.lose()
	store.set(func() { store.fail["Ended"] = errRefused })
	before := store.count("Ended")
	within(t, "the store to be asked", func() bool { return store.count("Ended") > before })
	a.want(200, "GET", "/readyz", nil, nil)
	if p := a.page("b", ""); p.Total != 1 {
		t.Errorf("page %+v", p)
	}
	wantStatuses(t, a.push("b", event("s", 2, "ann", 6)), "unavailable ")
}
