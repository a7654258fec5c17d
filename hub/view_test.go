package hub_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"rollcall/wire"
)

func snapshotOf(t testing.TB, f frame) wire.BoardSnapshot {
	t.Helper()
	var s wire.BoardSnapshot
	if f.Snapshot == nil {
		t.Fatalf("no snapshot: %s", f.raw)
	}
	if err := json.Unmarshal(f.Snapshot, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func deltaOf(t testing.TB, f frame) wire.BoardDelta {
	t.Helper()
	var d wire.BoardDelta
	if f.Delta == nil {
		t.Fatalf("no delta: %s", f.raw)
	}
	if err := json.Unmarshal(f.Delta, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func event(source string, seq int, member string, score float64) map[string]any {
	return map[string]any{"member": member, "op": "set", "score": score, "source": source, "seq": seq}
}

func TestSubscribeGivesSnapshotThenTail(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	s := n.hello("")
	var sub wire.SubscribeOK
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, &sub)
	first := s.next()
	snap := snapshotOf(t, first)
	if first.Sub != sub.Sub || first.At == "" || len(snap.Entries) != 1 || snap.Entries[0].Member != "ann" {
		t.Fatalf("snapshot %s", first.raw)
	}
	at := first.At
	for i := 2; i < 6; i++ {
		n.push("b", event("s", i, "bob", float64(i)))
		f := s.next()
		d := deltaOf(t, f)
		if f.From != at || f.At == at {
			t.Fatalf("from %s at %s after %s", f.From, f.At, at)
		}
		at = f.At
		if d.Entries[0].Member != "bob" && d.Entries[1].Member != "bob" {
			t.Fatalf("delta %s", f.raw)
		}
	}
}

func TestMovedRowIsSentByRankAlone(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.push("b", []any{event("s", 1, "ann", 5), event("s", 2, "bob", 3)})
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	s.next()
	n.push("b", event("s", 3, "bob", 9))
	d := deltaOf(t, s.next())
	if len(d.Entries) != 2 {
		t.Fatalf("%d rows, want bob whole and ann moved: %+v", len(d.Entries), d)
	}
	for _, e := range d.Entries {
		if whole := e.Score != nil; whole != (e.Member == "bob") {
			t.Errorf("%s whole=%t", e.Member, whole)
		}
	}
}

func TestResumeGivesWhatIsMissing(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	keeper := n.hello("") // holds the view while the other is away
	keeper.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	at := keeper.next().At
	n.push("b", event("s", 2, "bob", 7))
	newest := keeper.next().At

	behind := n.hello("")
	behind.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", At: at}, nil)
	if f := behind.next(); f.From != at || f.At != newest || f.Delta == nil {
		t.Errorf("resumed with %s", f.raw)
	}
	current := n.hello("")
	current.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", At: newest}, nil)
	n.push("b", event("s", 3, "cyd", 9))
	if f := current.next(); f.From != newest {
		t.Errorf("the first frame is %s, want the delta from what it had", f.raw)
	}
	other := n.hello("")
	other.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", N: 3, At: newest}, nil)
	if f := other.next(); f.Snapshot == nil {
		t.Errorf("another view's at was taken: %s", f.raw)
	}
	unknown := n.hello("")
	unknown.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", At: "bm9uc2Vuc2U"}, nil)
	if f := unknown.next(); f.Snapshot == nil {
		t.Errorf("an unknown at was taken: %s", f.raw)
	}
}

func TestFramesOfAViewAreShared(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	a, b := n.hello("a"), n.hello("b")
	for _, s := range []*testSession{a, b} {
		s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
		s.next()
	}
	n.push("b", event("s", 1, "ann", 5))
	if x, y := a.next(), b.next(); string(x.raw) != string(y.raw) {
		t.Errorf("%s\n%s", x.raw, y.raw)
	}
}

func TestMeIsTheEntryOfTheUser(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	s := n.hello("ann")
	s.ok(wire.Request{Op: "subscribe", View: "me", Board: "b"}, nil)
	if snap := snapshotOf(t, s.next()); len(snap.Entries) != 0 {
		t.Errorf("entries %+v before ann is on the board", snap.Entries)
	}
	n.push("b", []any{event("s", 1, "bob", 9), event("s", 2, "ann", 5)})
	if snap := snapshotOf(t, s.next()); len(snap.Entries) != 1 || snap.Entries[0].Rank != 2 {
		t.Errorf("entries %+v, want ann at 2", snap.Entries)
	}
	anonymous := n.hello("")
	anonymous.wantFault(wire.AuthRequired, "view", wire.Request{Op: "subscribe", View: "me", Board: "b"})
}

func TestAroundShowsNeighbours(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	var events []any
	for i := 1; i <= 9; i++ {
		events = append(events, event("s", i, fmt.Sprintf("m%d", i), float64(i)))
	}
	n.push("b", events)
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "around", Board: "b", Member: "m5", Span: 2}, nil)
	snap := snapshotOf(t, s.next())
	if len(snap.Entries) != 5 || snap.Entries[2].Member != "m5" || snap.Entries[2].Rank != 5 {
		t.Errorf("entries %+v", snap.Entries)
	}
}

func TestActivityTellsEachChangeOnce(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "activity", Board: "b"}, nil)
	s.next()
	seen := map[string]int{}
	for i := 1; i <= 5; i++ {
		n.push("b", event("s", i, fmt.Sprintf("m%d", i), float64(i)))
	}
	for len(seen) < 5 {
		f := s.next()
		content := f.Delta
		if content == nil { // shorter than the delta: it replaces what was told
			content = f.Snapshot
			clear(seen)
		}
		var a wire.ActivitySnapshot
		if err := json.Unmarshal(content, &a); err != nil {
			t.Fatalf("%v in %s", err, f.raw)
		}
		for _, item := range a.Items {
			seen[item.Member]++
			if item.Rank != 1 {
				t.Errorf("%s took the lead and is told as rank %d", item.Member, item.Rank)
			}
		}
	}
	for member, times := range seen {
		if times != 1 {
			t.Errorf("%s told %d times", member, times)
		}
	}
}

func TestWatchersSeeADeletedAndNewBoard(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	s := n.hello("")
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
	epoch := snapshotOf(t, s.next()).Epoch
	n.want(204, "DELETE", "/v1/boards/b", nil, nil)
	if snap := snapshotOf(t, s.next()); len(snap.Entries) != 0 || snap.Epoch == epoch {
		t.Errorf("after the delete: %+v", snap)
	}
	n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
	n.board("b", wire.Rules{Title: "Again"})
	for {
		snap := snapshotOf(t, s.next())
		if snap.Rules.Title == "Again" && snap.Epoch != epoch {
			return
		}
	}
}

func TestEveryViewOfANewHistoryIsShownAnew(t *testing.T) {
	for _, view := range []string{"top", "around", "me", "activity"} {
		t.Run(view, func(t *testing.T) {
			n := newNode(t)
			n.board("b", wire.Rules{})
			s := n.hello("nobody")
			s.ok(wire.Request{Op: "subscribe", View: view, Board: "b", Member: "nobody"}, nil)
			epoch := func() string {
				f := s.next()
				var snap struct{ Epoch *string }
				if err := json.Unmarshal(f.Snapshot, &snap); err != nil || snap.Epoch == nil {
					t.Fatalf("%v, want a snapshot: %s", err, f.raw)
				}
				return *snap.Epoch
			}
			first := epoch()
			n.want(204, "DELETE", "/v1/boards/b", nil, nil)
			if gone := epoch(); gone != "" {
				t.Fatalf("epoch %s of a board that is gone", gone)
			}
			n.board("b", wire.Rules{})
			if again := epoch(); again == "" || again == first {
				t.Errorf("epoch %s after %s", again, first)
			}
		})
	}
}
