package natsbus

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/hub/natsbus/natstest"
	"rollcall/leaderboard"
	"rollcall/presence"
)

// subject names of the default prefix.
const (
	onFinals = "rollcall.bus.board.finals"
	onHall   = "rollcall.bus.room.50" // the partition of hall
)

func TestPartitionOfTheTests(t *testing.T) {
	if got := (subjects{"rollcall.bus"}).room(presence.Partition("hall")); got != onHall {
		t.Fatalf("hall is on %s", got)
	}
}

// newNodes are nodes that each use another server of a cluster.
func newNodes(t *testing.T) (natstest.Cluster, [3]*node) {
	t.Helper()
	c := natstest.StartCluster(t, 3, natstest.Config{})
	var ns [3]*node
	for i := range ns {
		ns[i] = newNode(t, BusConfig{URLs: []string{c[i].URL()}})
	}
	// A server counts its own subscription and one of each other.
	c.WantInterest("", "rollcall.bus.node", 3)
	return c, ns
}

func TestWhatOneNodeTellsTheOthersHear(t *testing.T) {
	c, ns := newNodes(t)
	for _, n := range ns {
		n.WatchBoard("finals")
		n.WatchRoom("hall")
	}
	c.WantInterest("", onFinals, 3)
	c.WantInterest("", onHall, 3)

	rules := leaderboard.Rules{Title: "Finals", Columns: []leaderboard.Column{{ID: "A", Label: "A", Color: "#ff0000"}}}.WithDefaults()
	changed := leaderboard.Delta{Epoch: "e-1", From: 9, To: 10, PrevChain: "c9", Chain: "c10", Rules: &rules}
	first := leaderboard.Delta{Epoch: "e-1", From: 0, To: 1, Chain: "c1", Rows: []leaderboard.Row{{Entry: leaderboard.Entry{Member: "ann"}}}}
	ts, info := testTransitions("hall", 6), testNode(ns[0].cfg.Node)
	ns[0].PublishDelta("finals", testDelta(6))
	ns[0].PublishDelta("finals", changed)
	ns[0].PublishDelta("warmup", testDelta(1)) // nobody watches it
	ns[0].PublishDelta("finals", first)
	ns[0].PublishRenewed("finals")
	ns[0].PublishTransitions(ts)
	ns[0].PublishNode(info)
	for _, n := range ns[1:] {
		n.ear.want(t, said{what: "delta", board: "finals", delta: testDelta(6)})
		n.ear.want(t, said{what: "delta", board: "finals", delta: changed})
		n.ear.want(t, said{what: "delta", board: "finals", delta: first})
		n.ear.want(t, said{what: "renewed", board: "finals"})
		n.ear.want(t, said{what: "transitions", ts: ts})
		n.ear.want(t, said{what: "node", node: info})
	}
	// What the first hears first is another's: its own did not come back.
	theirs := testNode(ns[1].cfg.Node)
	ns[1].PublishNode(theirs)
	ns[0].ear.want(t, said{what: "node", node: theirs})

	out, in := ns[0].Stats(), ns[1].Stats()
	for kind, want := range map[string]uint64{"delta": 4, "renewed": 1, "transitions": 1, "node": 1, "doubt": 0} {
		if got := out.Out[kind].Messages; got != want {
			t.Errorf("%d messages of kind %s went out, want %d", got, kind, want)
		}
		if kind == "delta" {
			want-- // warmup's
		}
		if got := in.In[kind].Messages; got != want {
			t.Errorf("%d messages of kind %s came in, want %d", got, kind, want)
		}
	}
	if got := in.In["node"].Bytes; got != out.Out["node"].Bytes || got == 0 {
		t.Errorf("%d bytes of node went out, %d came in", out.Out["node"].Bytes, got)
	}
}

func TestTransitionsGoToTheirPartitions(t *testing.T) {
	c, ns := newNodes(t)
	ns[1].WatchRoom("hall")
	c[0].WantInterest("", onHall, 1)
	mixed := slices.Concat(testTransitions("hall", 2), testTransitions("yard", 2), testTransitions("hall", 1))
	ns[0].PublishTransitions(mixed)
	ns[1].ear.want(t, said{what: "transitions", ts: slices.Concat(mixed[:2], mixed[4:])})
	info := testNode(ns[0].cfg.Node)
	ns[0].PublishNode(info)
	ns[1].ear.want(t, said{what: "node", node: info})
}

func TestLastStopUnsubscribes(t *testing.T) {
	c, ns := newNodes(t)
	one, two := ns[2].WatchBoard("finals"), ns[2].WatchBoard("finals")
	room := ns[2].WatchRoom("hall")
	c.WantInterest("", onFinals, 1)
	c.WantInterest("", onHall, 1)
	one()
	one() // counts once
	ns[0].PublishDelta("finals", testDelta(1))
	ns[2].ear.want(t, said{what: "delta", board: "finals", delta: testDelta(1)})
	two()
	room()
	// From the stop on nothing is heard, though the server may not know yet.
	ns[0].PublishDelta("finals", testDelta(4))
	ns[0].PublishTransitions(testTransitions("hall", 1))
	ns[2].in.put(packet{subject: onFinals, place: place{board: "finals"}, data: appendDelta(nil, "late", "finals", testDelta(4))})
	info := testNode(ns[0].cfg.Node)
	ns[0].PublishNode(info)
	ns[2].ear.want(t, said{what: "node", node: info})
	c.WantInterest("", onFinals, 0)
	c.WantInterest("", onHall, 0)
	if got := ns[2].Stats().Subscriptions; got != 1 {
		t.Errorf("%d subscriptions, want node's alone", got)
	}
	ns[2].WatchBoard("finals")
	c.WantInterest("", onFinals, 1)
	ns[0].PublishDelta("finals", testDelta(7))
	ns[2].ear.want(t, said{what: "delta", board: "finals", delta: testDelta(7)})
}

func TestNewWatchesAreDoubted(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	n := newNode(t, BusConfig{URLs: []string{s.URL()}})
	stop := n.WatchBoard("finals")
	n.ear.wantDoubt(t, "finals")
	if got := s.Interest("", onFinals); got != 1 {
		t.Errorf("doubted before the server knew of the watch: %d subscriptions", got)
	}
	n.WatchBoard("finals") // missed nothing: the first watch hears
	n.WatchRoom("hall")
	n.ear.wantDoubt(t)
	n.WatchRoom("hall")
	stop()
	n.WatchBoard("warmup")
	if got := <-n.ear.doubts; !slices.Equal(got, []string{"warmup"}) {
		t.Errorf("the next doubt is of %q, want warmup alone", got)
	}
}

func TestManyWatchesAreDoubtedTogether(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	n := newNode(t, BusConfig{URLs: []string{s.URL()}})
	const boards = 500
	for i := range boards {
		n.WatchBoard("b" + strings.Repeat("x", i%60) + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	for doubted := 0; doubted < boards; {
		select {
		case got := <-n.ear.doubts:
			doubted += len(got)
		case <-time.After(patience):
			t.Fatalf("%d of %d boards were doubted", doubted, boards)
		}
	}
	if got := n.Stats().Doubts; got > boards/10 {
		t.Errorf("%d calls of Doubt for %d boards", got, boards)
	}
}

func TestOrderOfOnePublisherIsKept(t *testing.T) {
	c, ns := newNodes(t)
	ns[1].WatchBoard("finals")
	c[0].WantInterest("", onFinals, 1)
	const n = 2000
	for v := range uint64(n) {
		ns[0].PublishDelta("finals", testDelta(v))
	}
	for v := range uint64(n) {
		if got := ns[1].ear.next(t).delta.From; got != v {
			t.Fatalf("delta from version %d is heard, want %d", got, v)
		}
	}
}

func TestBadNamesMakeNoSubject(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	n := newNode(t, BusConfig{URLs: []string{s.URL()}})
	for _, name := range []string{"", "*", ">", "a.b", "a b", "a\r\nPUB x 0\r\n", "é"} {
		n.WatchBoard(name)()
		n.WatchRoom(name)()
		n.PublishDelta(name, testDelta(1))
		n.PublishRenewed(name)
	}
	if st := n.Stats(); st.Dropped["name"] != 14 || st.Subscriptions != 1 {
		t.Errorf("%d dropped for their name, %d subscriptions", st.Dropped["name"], st.Subscriptions)
	}
}

func TestOnlyOneListens(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	n := newNode(t, BusConfig{URLs: []string{s.URL()}})
	if _, err := n.Listen(newEar()); err == nil {
		t.Error("two listen")
	}
}

func TestStoppedListenerHearsNothing(t *testing.T) {
	_, ns := newNodes(t)
	bus, err := Connect(t.Context(), BusConfig{URLs: ns[0].cfg.URLs, Node: "late"})
	if err != nil {
		t.Fatal(err)
	}
	old, now := newEar(), newEar()
	stop, err := bus.Listen(old)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := bus.Listen(now); err != nil {
		t.Fatal(err)
	}
	info := testNode(ns[0].cfg.Node)
	ns[0].PublishNode(info)
	now.want(t, said{what: "node", node: info})
	if len(old.said) > 0 {
		t.Error("the old listener heard it")
	}
	if err := bus.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOversizeDeltaIsADoubt(t *testing.T) {
	s := natstest.Start(t, natstest.Config{MaxPayload: 4096})
	one, two := newNode(t, BusConfig{URLs: []string{s.URL()}}), newNode(t, BusConfig{URLs: []string{s.URL()}})
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	big := testDelta(1)
	big.Rows[0].Cells = leaderboard.Cells{}
	for _, key := range strings.Split("abcdefghijkl", "") {
		big.Rows[0].Cells[key] = json.RawMessage(`"` + strings.Repeat("x", 500) + `"`)
	}
	one.PublishDelta("finals", big)
	two.ear.wantDoubt(t, "finals")
	many := rowsDelta(maxRows+1, false)
	one.limit.Store(maxMessage)
	one.PublishDelta("finals", many)
	two.ear.wantDoubt(t, "finals")
	if st := one.Stats(); st.Dropped["oversize"] != 2 || st.Out["doubt"].Messages != 2 {
		t.Errorf("stats %+v", st)
	}
	if len(two.ear.said) > 0 {
		t.Errorf("heard %+v", <-two.ear.said)
	}
}

func TestTransitionsAreSplitToFit(t *testing.T) {
	s := natstest.Start(t, natstest.Config{MaxPayload: 2048})
	one, two := newNode(t, BusConfig{URLs: []string{s.URL()}}), newNode(t, BusConfig{URLs: []string{s.URL()}})
	two.WatchRoom("hall")
	two.ear.wantDoubt(t)
	want := testTransitions("hall", 500)
	one.PublishTransitions(want)
	var got []presence.Transition
	for len(got) < len(want) {
		got = append(got, two.ear.next(t).ts...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d transitions are heard, not as they were told", len(got))
	}
	if st := one.Stats(); st.Out["transitions"].Messages < 10 || st.Dropped["oversize"] != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestCloseSendsWhatWasPublished(t *testing.T) {
	_, ns := newNodes(t)
	const n = 5000
	s := newNode(t, BusConfig{URLs: ns[0].cfg.URLs})
	ns[1].WatchBoard("finals")
	ns[1].ear.wantDoubt(t, "finals")
	until(t, "the publisher's server knows", func() bool {
		s.PublishRenewed("finals")
		return len(ns[1].ear.said) > 0
	})
	for v := range uint64(n) {
		s.PublishDelta("finals", testDelta(v))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for heard := 0; heard < n; {
		if ns[1].ear.next(t).what == "delta" {
			heard++
		}
	}
	s.PublishRenewed("finals")
	if st := s.Stats(); st.Dropped["closed"] != 1 || st.Connected {
		t.Errorf("stats %+v", st)
	}
	if err := s.Close(ctx); err == nil {
		t.Error("a second Close succeeds")
	}
}

func TestCloseHearsWhatHasCome(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	one := newNode(t, BusConfig{URLs: []string{s.URL()}})
	two := &node{ear: newEar()}
	two.ear.gate = make(chan struct{})
	join(t, two, BusConfig{URLs: []string{s.URL()}})
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	const n = 100
	for v := range uint64(n) {
		one.PublishDelta("finals", testDelta(v))
	}
	until(t, "all has come", func() bool { return two.Stats().InQueue == n-1 })
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if err := one.Close(t.Context()); err != nil {
		t.Error(err)
	}
	time.AfterFunc(10*time.Millisecond, func() { close(two.ear.gate) })
	if err := two.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(two.ear.said); got != n {
		t.Errorf("%d of %d were heard", got, n)
	}
	stuck := &node{ear: newEar()}
	stuck.ear.gate = make(chan struct{})
	defer close(stuck.ear.gate)
	join(t, stuck, BusConfig{URLs: []string{s.URL()}})
	three := newNode(t, BusConfig{URLs: []string{s.URL()}})
	three.PublishNode(testNode(three.cfg.Node))
	until(t, "the listener is stuck", func() bool { return stuck.Stats().In["node"].Messages == 1 })
	if err := stuck.Close(short); !errors.Is(err, context.Canceled) {
		t.Errorf("Close with a listener that never returns: %v", err)
	}
}
