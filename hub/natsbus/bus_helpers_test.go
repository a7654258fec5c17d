package natsbus

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// patience bounds the wait for what must come.
const patience = 20 * time.Second

// said is one call of a listener.
type said struct {
	what  string // delta, renewed, transitions, node
	board string
	delta leaderboard.Delta
	ts    []presence.Transition
	node  wire.NodeInfo
}

// ear is a listener that remembers. While gate is not nil and open it hears
// nothing: each call waits for gate to be closed.
type ear struct {
	said   chan said
	doubts chan []string
	gate   chan struct{}
}

var _ hub.Listener = (*ear)(nil)

func newEar() *ear {
	return &ear{said: make(chan said, 100_000), doubts: make(chan []string, 100_000)}
}

func (e *ear) hear(s said) {
	if e.gate != nil {
		<-e.gate
	}
	e.said <- s
}

func (e *ear) HearDelta(board string, d leaderboard.Delta) {
	e.hear(said{what: "delta", board: board, delta: d})
}

func (e *ear) HearRenewed(board string) { e.hear(said{what: "renewed", board: board}) }

func (e *ear) HearTransitions(ts []presence.Transition) { e.hear(said{what: "transitions", ts: ts}) }
func (e *ear) HearNode(n wire.NodeInfo)                 { e.hear(said{what: "node", node: n}) }
func (e *ear) Doubt(boards ...string)                   { e.doubts <- boards }

func (e *ear) next(t testing.TB) said {
	t.Helper()
	select {
	case s := <-e.said:
		return s
	case <-time.After(patience):
		t.Fatal("nothing was heard")
		return said{}
	}
}

// want waits for the next call, which must be s.
func (e *ear) want(t testing.TB, s said) {
	t.Helper()
	if got := e.next(t); !reflect.DeepEqual(got, s) {
		t.Fatalf("heard %+v\nwant  %+v", got, s)
	}
}

// wantDoubt waits for a doubt of exactly these boards; none is anything.
func (e *ear) wantDoubt(t testing.TB, boards ...string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case got := <-e.doubts:
			if reflect.DeepEqual(got, boards) || len(got)+len(boards) == 0 {
				return
			}
			t.Logf("passing over a doubt of %q", got)
		case <-deadline:
			t.Fatalf("no doubt of %q", boards)
		}
	}
}

// node is a bus with its listener.
type node struct {
	*Bus
	ear *ear
}

// newNode joins the bus; the config's Node and Log may be left out.
func newNode(t testing.TB, cfg BusConfig) *node {
	t.Helper()
	n := &node{ear: newEar()}
	join(t, n, cfg)
	return n
}

func join(t testing.TB, n *node, cfg BusConfig) {
	t.Helper()
	if cfg.Node == "" {
		cfg.Node = fmt.Sprintf("node-%p", n)
	}
	bus, err := Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.Bus = bus
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = bus.Close(ctx) // some tests close it, or leave it without server
	})
	if _, err := bus.Listen(n.ear); err != nil {
		t.Fatal(err)
	}
}

// until waits for what a counter tells.
func until(t testing.TB, what string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ask(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// testDelta is a delta with all there is, from version v on.
func testDelta(v uint64) leaderboard.Delta {
	return leaderboard.Delta{
		Epoch: "e-1", From: v, To: v + 3, PrevChain: fmt.Sprint("c", v), Chain: fmt.Sprint("c", v+3),
		Rows: []leaderboard.Row{
			{Entry: leaderboard.Entry{
				Member: "jürgen 1", Score: 12.5, Tie: -4, Name: "Jürgen", Group: "CSE",
				Cells: leaderboard.Cells{"A": json.RawMessage(`{"judged":2}`), "B": json.RawMessage(`"x"`)},
			}},
			{Entry: leaderboard.Entry{Member: "bob", Score: -1}},
			{Entry: leaderboard.Entry{Member: "gone"}, Removed: true},
		},
	}
}

// rowsDelta is a delta of n rows, with or without cells, as of one batch.
func rowsDelta(n int, cells bool) leaderboard.Delta {
	d := leaderboard.Delta{
		Epoch: "7f3a1c9e5b2d4860a1b2c3d4e5f60718", From: 100_000, To: 100_000 + uint64(n),
		PrevChain: strings.Repeat("ab", 16), Chain: strings.Repeat("cd", 16),
	}
	for i := range n {
		e := leaderboard.Entry{Member: fmt.Sprintf("team-%011d", i), Score: float64(100 * i), Tie: int64(100_000 + i)}
		if cells {
			e.Name, e.Group = "The Compilers", "CSE"
			e.Cells = leaderboard.Cells{}
			for _, problem := range "ABCDEFGH" {
				e.Cells[string(problem)] = json.RawMessage(`{"judged":2,"pending":0,"solved":true,"time":74}`)
			}
		}
		d.Rows = append(d.Rows, leaderboard.Row{Entry: e})
	}
	return d
}

// testTransitions are n users that come, go and change in the room.
func testTransitions(room string, n int) (ts []presence.Transition) {
	const now = 1_790_000_000_000_000
	for i := range n {
		t := presence.Transition{
			Place: presence.Place{Room: room, User: fmt.Sprintf("user-%011d", i)},
			Kind:  presence.Kind(i%3 + 1), Prev: uint64(now + i - 1), Version: uint64(now + i), Count: i,
			Meta: presence.Meta{Name: "Ann", Away: i%2 == 1}, Since: time.UnixMicro(now),
		}
		if t.Kind == presence.Left {
			t.Seen = time.UnixMicro(now + 5)
		}
		ts = append(ts, t)
	}
	return ts
}

func testNode(id string) wire.NodeInfo {
	return wire.NodeInfo{
		Node: id, Started: 1_790_000_000_000, Version: "1.0", Sessions: 3, Users: 2, Boards: 1, Rooms: 1,
		Store: "redis", Bus: "nats", Problem: "the store has lost board b", Lost: 1, Hot: []wire.BoardLoad{{Board: "finals", Rate: 12.5, Queued: 3, Busy: 0.5}},
	}
}
