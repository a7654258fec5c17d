package natsbus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub/natsbus/natstest"
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// deltaOf is a message whose delta the func has spoiled.
func deltaOf(spoil func(*leaderboard.Delta)) []byte {
	d := testDelta(1)
	spoil(&d)
	return appendDelta(nil, "evil", "finals", d)
}

func transitionsOf(spoil func(*presence.Transition)) []byte {
	t := testTransitions("hall", 1)[0]
	spoil(&t)
	return appendTransition(appendHead(nil, kindTransitions, "evil"), &t)
}

func nodeOf(t testing.TB, spoil func(*wire.NodeInfo)) []byte {
	n := testNode("evil")
	spoil(&n)
	body, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return append(appendHead(nil, kindNode, "evil"), body...)
}

// hostile is a message that must not be heard.
type hostile struct {
	name    string
	subject string
	data    []byte
	reason  badReason
}

func hostiles(t testing.TB) []hostile {
	good := appendDelta(nil, "evil", "finals", testDelta(1))
	row := func(spoil func(*leaderboard.Row)) []byte {
		return deltaOf(func(d *leaderboard.Delta) { spoil(&d.Rows[0]) })
	}
	cells := func(c leaderboard.Cells) []byte { return row(func(r *leaderboard.Row) { r.Cells = c }) }
	rules := func(spoil func(*leaderboard.Rules)) []byte {
		return deltaOf(func(d *leaderboard.Delta) {
			r := leaderboard.Rules{}.WithDefaults()
			spoil(&r)
			d.Rules, d.Rows = &r, nil
		})
	}
	// A delta of few bytes that says it has very many rows.
	greedy := appendText(appendText(appendText(appendHead(nil, kindDelta, "evil"), "finals"), "c"), "c")
	greedy = append(appendText(greedy, "e"), 1, 2, 0)
	greedy = append(binary.AppendUvarint(greedy, 1<<19), make([]byte, 1<<19)...)
	wideCells, manyHot := leaderboard.Cells{}, make([]wire.BoardLoad, maxHot+1)
	for _, k := range "abcdefghijklmnopq" {
		wideCells[string(k)] = json.RawMessage(`"` + strings.Repeat("x", 500) + `"`)
	}
	for i := range manyHot {
		manyHot[i].Board = "b"
	}
	return []hostile{
		{"nothing", onFinals, nil, badForm},
		{"version alone", onFinals, []byte{codecVersion}, badForm},
		{"another version", onFinals, append([]byte{codecVersion + 1}, good[1:]...), badVersion},
		{"text", onHall, []byte(`{"hello":1}`), badVersion},
		{"no kind", onFinals, append([]byte{codecVersion, 0}, good[2:]...), badKind},
		{"unknown kind", onFinals, append([]byte{codecVersion, byte(kinds)}, good[2:]...), badKind},
		{"bad node id", onFinals, boardMessage(kindRenewed, "a.b", "finals"), badName},
		{"too large", onFinals, make([]byte, maxMessage+1), badSize},

		{"delta on a room", onHall, good, badKind},
		{"delta on node", "rollcall.bus.node", good, badKind},
		{"delta of another board", onFinals, appendDelta(nil, "evil", "other", testDelta(1)), badSubject},
		{"delta cut off", onFinals, good[:len(good)-1], badForm},
		{"delta and more", onFinals, append(bytes.Clone(good), 0), badForm},
		{"very many rows", onFinals, greedy, badSize},
		{"more rows than versions", onFinals, deltaOf(func(d *leaderboard.Delta) { d.To = d.From + 2 }), badValue},
		{"a member twice", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Rows[1] = d.Rows[0] }), badValue},
		{"backwards", onFinals, deltaOf(func(d *leaderboard.Delta) { d.From, d.To = 9, 3 }), badValue},
		{"no step", onFinals, deltaOf(func(d *leaderboard.Delta) { d.To, d.Rows = d.From, nil }), badValue},
		{"huge version", onFinals, deltaOf(func(d *leaderboard.Delta) { d.To = 1 << 60 }), badValue},
		{"no epoch", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Epoch = "" }), badName},
		{"epoch with a newline", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Epoch = "a\nb" }), badName},
		{"chain with a blank", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Chain = "a b" }), badName},
		{"no chain before", onFinals, deltaOf(func(d *leaderboard.Delta) { d.PrevChain = "" }), badName},
		{"long chain", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Chain = strings.Repeat("a", 65) }), badSize},
		{"rules and rows", onFinals, deltaOf(func(d *leaderboard.Delta) { d.Rules = &leaderboard.Rules{Order: "desc"} }), badValue},
		{"unknown order", onFinals, rules(func(r *leaderboard.Rules) { r.Order = "up" }), badValue},
		{"too many columns", onFinals, rules(func(r *leaderboard.Rules) { r.Columns = make([]leaderboard.Column, 129) }), badSize},
		{"column without id", onFinals, rules(func(r *leaderboard.Rules) { r.Columns = make([]leaderboard.Column, 1) }), badName},
		{"long title", onFinals, rules(func(r *leaderboard.Rules) { r.Title = strings.Repeat("x", 257) }), badName},

		{"bad member", onFinals, row(func(r *leaderboard.Row) { r.Member = "a\u202eb" }), badName},
		{"not UTF-8", onFinals, row(func(r *leaderboard.Row) { r.Member = "\xff" }), badName},
		{"score is not a number", onFinals, row(func(r *leaderboard.Row) { r.Score = math.NaN() }), badValue},
		{"score without end", onFinals, row(func(r *leaderboard.Row) { r.Score = math.Inf(-1) }), badValue},
		{"score over 2^53", onFinals, row(func(r *leaderboard.Row) { r.Score = 1<<53 + 2 }), badValue},
		{"tie over 2^53", onFinals, row(func(r *leaderboard.Row) { r.Tie = -1<<53 - 1 }), badValue},
		{"long name", onFinals, row(func(r *leaderboard.Row) { r.Name = strings.Repeat("x", 257) }), badName},
		{"group with a control", onFinals, row(func(r *leaderboard.Row) { r.Group = "\x1b[2J" }), badName},
		{"cell is not JSON", onFinals, cells(leaderboard.Cells{"A": json.RawMessage(`{`)}), badValue},
		{"cell is empty", onFinals, cells(leaderboard.Cells{"A": json.RawMessage(``)}), badValue},
		{"long cell", onFinals, cells(leaderboard.Cells{"A": json.RawMessage(`"` + strings.Repeat("x", 512) + `"`)}), badValue},
		{"wide cells", onFinals, cells(wideCells), badValue},
		{"cell without key", onFinals, cells(leaderboard.Cells{"": json.RawMessage(`1`)}), badValue},

		{"renewed of another board", onFinals, boardMessage(kindRenewed, "evil", "other"), badSubject},
		{"renewed and more", onFinals, append(boardMessage(kindRenewed, "evil", "finals"), 0), badForm},
		{"doubt of another board", onFinals, boardMessage(kindDoubt, "evil", "other"), badSubject},

		{"no transitions", onHall, appendHead(nil, kindTransitions, "evil"), badForm},
		{"transition cut off", onHall, transitionsOf(func(*presence.Transition) {})[:40], badForm},
		{"room of another partition", onHall, transitionsOf(func(x *presence.Transition) { x.Room = "yard" }), badSubject},
		{"bad room", onHall, transitionsOf(func(x *presence.Transition) { x.Room = "a*" }), badName},
		{"bad user", onHall, transitionsOf(func(x *presence.Transition) { x.User = "" }), badName},
		{"name with a control", onHall, transitionsOf(func(x *presence.Transition) { x.Meta.Name = "\x00" }), badName},
		{"kind 0", onHall, transitionsOf(func(x *presence.Transition) { x.Kind = 0 }), badValue},
		{"kind 4", onHall, transitionsOf(func(x *presence.Transition) { x.Kind = 4 }), badValue},
		{"version stands", onHall, transitionsOf(func(x *presence.Transition) { x.Version = x.Prev }), badValue},
		{"version goes back", onHall, transitionsOf(func(x *presence.Transition) { x.Version = x.Prev - 1 }), badValue},
		{"version over 2^53", onHall, transitionsOf(func(x *presence.Transition) { x.Version = 1 << 60 }), badValue},
		{"count below 0", onHall, transitionsOf(func(x *presence.Transition) { x.Count = -1 }), badValue},
		{"time long ago", onHall, transitionsOf(func(x *presence.Transition) { x.Since = time.UnixMicro(1) }), badValue},
		{"time far ahead", onHall, transitionsOf(func(x *presence.Transition) { x.Seen = time.UnixMicro(latest + 1) }), badValue},
		{
			"very many transitions", onHall,
			append(appendHead(nil, kindTransitions, "evil"), bytes.Repeat(transitionsOf(func(*presence.Transition) {})[7:], maxTransitions+1)...), badSize,
		},

		{"node is not JSON", "rollcall.bus.node", append(appendHead(nil, kindNode, "evil"), '{'), badForm},
		{"another node", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Node = "one" }), badName},
		{"node too large", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Version = strings.Repeat("x", maxNode) }), badSize},
		{"node with a control", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Store = "\x07" }), badName},
		{"node with a problem without end", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Problem = strings.Repeat("p", wire.MaxText+1) }), badName},
		{"node that has lost less than nothing", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Lost = -1 }), badValue},
		{"counts below 0", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Users = -1 }), badValue},
		{"started long ago", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Started = 1 }), badValue},
		{"hot board without name", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Hot[0].Board = "" }), badName},
		{"load below 0", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Hot[0].Rate = -1 }), badValue},
		{"load of the absurd", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Hot[0].Rate = 1e300 }), badValue},
		{"busier than always", "rollcall.bus.node", nodeOf(t, func(n *wire.NodeInfo) { n.Hot[0].Busy = 1.5 }), badValue},
		{"very many hot boards", "rollcall.bus.node", []byte(string(appendHead(nil, kindNode, "evil")) +
			`{"node":"evil","hot":[` + strings.Repeat(`{},`, maxHot) + `{}]}`), badSize},
	}
}

func TestHostileMessagesAreCountedAndNotHeard(t *testing.T) {
	s := natstest.Start(t, natstest.Config{MaxPayload: maxMessage + 1})
	log, read := newLog()
	n := newNode(t, BusConfig{URLs: []string{s.URL()}, Log: log, MaxInBytes: 1 << 30})
	n.WatchBoard("finals")
	n.WatchRoom("hall")
	n.ear.wantDoubt(t)
	evil, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer evil.Close()
	for _, h := range hostiles(t) {
		before := n.Stats().Bad
		if err := evil.Publish(h.subject, h.data); err != nil {
			t.Fatal(err)
		}
		var after map[string]uint64
		until(t, h.name+" is counted", func() bool {
			after = n.Stats().Bad
			return !reflect.DeepEqual(before, after)
		})
		if before[string(h.reason)]++; !reflect.DeepEqual(before, after) {
			t.Errorf("%s: want one more of %s, got %v", h.name, h.reason, after)
		}
	}
	// What the node sent itself and what is sound stand beside it.
	if err := evil.Publish(onFinals, boardMessage(kindRenewed, n.cfg.Node, "finals")); err != nil {
		t.Fatal(err)
	}
	if err := evil.Publish(onFinals, appendDelta(nil, "evil", "finals", testDelta(1))); err != nil {
		t.Fatal(err)
	}
	n.ear.want(t, said{what: "delta", board: "finals", delta: testDelta(1)})
	if lines := strings.Count(read(), "bus message refused"); lines == 0 || lines > 20 {
		t.Errorf("%d lines for %d bad messages", lines, len(hostiles(t)))
	}
}

func TestMinusZeroIsZero(t *testing.T) {
	_, _, body, err := decodeHead(deltaOf(func(d *leaderboard.Delta) { d.Rows[0].Score = math.Copysign(0, -1) }))
	if err != nil {
		t.Fatal(err)
	}
	d, err := decodeDelta("finals", body)
	if err != nil || math.Signbit(d.Rows[0].Score) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestNodeShowsAsManyHotBoardsAsFit(t *testing.T) {
	n := testNode("one")
	n.Hot = make([]wire.BoardLoad, 2*maxHot)
	for i := range n.Hot {
		n.Hot[i].Board = strings.Repeat("b", wire.MaxName)
	}
	data, err := appendNode(nil, "one", n)
	if err != nil {
		t.Fatal(err)
	}
	_, _, body, err := decodeHead(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeNode("one", body)
	if err != nil || len(got.Hot) < 50 || len(got.Hot) > maxHot {
		t.Errorf("%d hot boards, %v", len(got.Hot), err)
	}
	n.Version = strings.Repeat("x", maxNode)
	if _, err := appendNode(nil, "one", n); err == nil {
		t.Error("a node over the limit is encoded")
	}
}

func TestSubjectsAreReadAsTheyAreBuilt(t *testing.T) {
	s := subjects{"a.b"}
	for subject, want := range map[string]place{
		s.board("x_-9"): {board: "x_-9"}, s.room(0): {room: true}, s.room(63): {room: true, partition: 63}, s.node(): {node: true},
		"a.b.room.64": {}, "a.b.room.1": {}, "a.b.room.+1": {}, "a.b.board.": {}, "a.b.board.x.y": {}, "a.b.board.*": {},
		"a.b": {}, "a.c.node": {}, "a.b.nodes": {}, "xa.b.node": {},
	} {
		if got := s.parse(subject); got != want {
			t.Errorf("%s is %+v, want %+v", subject, got, want)
		}
	}
}

// deaf hears without remembering.
type deaf struct{}

func (deaf) HearDelta(string, leaderboard.Delta)   {}
func (deaf) HearRenewed(string)                    {}
func (deaf) HearTransitions([]presence.Transition) {}
func (deaf) HearNode(wire.NodeInfo)                {}
func (deaf) Doubt(...string)                       {}

// seed adds what the tests of one subject have.
func seed(f *testing.F, subject string) {
	for _, h := range hostiles(f) {
		if h.subject == subject && len(h.data) < 4096 {
			f.Add(h.data)
		}
	}
	f.Add(appendDelta(nil, "n", "finals", testDelta(1)))
	f.Add(boardMessage(kindRenewed, "n", "finals"))
	f.Add(transitionsOf(func(*presence.Transition) {}))
	f.Add(nodeOf(f, func(*wire.NodeInfo) {}))
}

// FuzzDecodeBoard: what is accepted on a board's subject is sound, and comes
// out of its own encoding as it was.
func FuzzDecodeBoard(f *testing.F) {
	seed(f, onFinals)
	f.Fuzz(func(t *testing.T, data []byte) {
		k, node, body, err := decodeHead(data)
		if wantBad(t, err) {
			return
		}
		if k != kindDelta {
			if !wantBad(t, decodeBoard("finals", body)) && !bytes.HasSuffix(body, []byte("finals")) {
				t.Fatalf("%q is accepted", body)
			}
			return
		}
		d, err := decodeDelta("finals", body)
		if wantBad(t, err) {
			return
		}
		_, _, again, err := decodeHead(appendDelta(nil, node, "finals", d))
		if err != nil {
			t.Fatal(err)
		}
		if d2, err := decodeDelta("finals", again); err != nil || !reflect.DeepEqual(d, d2) {
			t.Fatalf("%+v\nbecame %+v, %v", d, d2, err)
		}
		head := leaderboard.Head{Epoch: d.Epoch, Version: d.From, Chain: d.PrevChain}
		if err := leaderboard.NewReplica(leaderboard.Snapshot{Head: head}).Apply(d); err != nil {
			t.Fatalf("no replica takes it: %v", err)
		}
	})
}

// FuzzDecodeTransitions is the same for a room's subject.
func FuzzDecodeTransitions(f *testing.F) {
	seed(f, onHall)
	partition := presence.Partition("hall")
	f.Fuzz(func(t *testing.T, data []byte) {
		k, node, body, err := decodeHead(data)
		if wantBad(t, err) || k != kindTransitions {
			return
		}
		ts, err := decodeTransitions(partition, body)
		if wantBad(t, err) {
			return
		}
		again := appendHead(nil, kindTransitions, node)
		head := len(again)
		for i := range ts {
			again = appendTransition(again, &ts[i])
		}
		if ts2, err := decodeTransitions(partition, again[head:]); err != nil || !reflect.DeepEqual(ts, ts2) {
			t.Fatalf("%+v\nbecame %+v, %v", ts, ts2, err)
		}
	})
}

// FuzzDecodeNode is the same for the nodes' subject.
func FuzzDecodeNode(f *testing.F) {
	seed(f, "rollcall.bus.node")
	f.Fuzz(func(t *testing.T, data []byte) {
		k, node, body, err := decodeHead(data)
		if wantBad(t, err) || k != kindNode {
			return
		}
		n, err := decodeNode(node, body)
		if wantBad(t, err) {
			return
		}
		if n.Node != node || len(n.Hot) > maxHot {
			t.Fatalf("accepted %+v", n)
		}
	})
}

// FuzzDeliver: whatever comes on whichever subject ends in a count or a call.
func FuzzDeliver(f *testing.F) {
	for _, h := range hostiles(f) {
		if len(h.data) < 4096 {
			f.Add(h.subject, h.data)
		}
	}
	cfg, err := BusConfig{Node: "me", URLs: []string{"nats://h"}}.withDefaults()
	if err != nil {
		f.Fatal(err)
	}
	b := newBus(cfg)
	f.Fuzz(func(t *testing.T, subject string, data []byte) {
		wantBad(t, b.deliver(deaf{}, packet{subject: subject, place: b.subjects.parse(subject), data: data}))
	})
}

// wantBad reports whether a message was refused, which needs a reason.
func wantBad(t testing.TB, err error) bool {
	t.Helper()
	var e *messageError
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("refused without a reason: %v", err)
	}
	return err != nil
}
