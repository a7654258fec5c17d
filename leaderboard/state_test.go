package leaderboard

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

var t0 = time.Unix(1_000_000, 0)

func newTestState() *State {
	return NewState("e", Rules{Tie: Given}, StateConfig{IDWindow: time.Minute, IDLimit: 10})
}

func (s *State) mustApply(tb testing.TB, now time.Time, batch ...Event) *Change {
	tb.Helper()
	c, err := s.Apply(batch, now)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// image is all of a state that Apply can see.
func image(s *State) []any {
	rows, sources := map[string]Entry{}, map[string]Source{}
	for e := range s.Snapshot().Entries {
		rows[e.Member] = e
	}
	for name, src := range s.sources {
		sources[name] = *src
	}
	ids := map[string]UsedID{}
	for id, used := range s.ids.byID {
		ids[id] = used
	}
	order := append([]string{}, s.ids.order[s.ids.gone:]...)
	return []any{s.rules, s.head, s.Len(), rows, sources, ids, order}
}

func TestRevertTakesBackWholeChangesNewestFirst(t *testing.T) {
	s := newTestState()
	s.mustApply(t, t0, Event{Member: "a", Op: Set, Score: 1, Source: "s", Seq: 1}, Event{Member: "b", Op: Set, ID: "1"}, Event{Member: "b", Op: Set, ID: "2"})
	name := "A"
	steps := []func() *Change{
		func() *Change {
			return s.mustApply(t, t0.Add(time.Second),
				Event{Member: "a", Op: Incr, Score: 1, Name: &name, Cells: Cells{"x": []byte("1")}, Source: "s", Seq: 2},
				Event{Member: "nobody", Op: Patch, Source: "s", Seq: 3},
				Event{Member: "c", Op: Set, Source: "t", Seq: 1},
				Event{Member: "c", Op: Remove, ID: "3"},
				Event{Member: "nobody", Op: Patch, ID: "4"})
		},
		func() *Change { return s.Claim("s") },
		func() *Change { return s.mustApply(t, t0.Add(time.Hour), Event{Member: "b", Op: Remove, ID: "1"}) }, // expires, then takes an id again
		func() *Change {
			c, err := s.SetRules(Rules{Tie: Given, Title: "T"})
			if err != nil {
				t.Fatal(err)
			}
			return c
		},
		func() *Change { return s.mustApply(t, t0.Add(2*time.Hour), Event{Member: "z", Op: Set, ID: "5"}) },
	}
	var images [][]any
	var changes []*Change
	for _, step := range steps {
		images = append(images, image(s))
		changes = append(changes, step())
	}
	for i := len(steps) - 1; i >= 0; i-- {
		s.Revert(changes[i])
		if got := image(s); !reflect.DeepEqual(got, images[i]) {
			t.Fatalf("after reverting change %d:\n got %+v\nwant %+v", i, got, images[i])
		}
	}
}

func TestIDWindowExpiresInOrderAndStaysSmall(t *testing.T) {
	w := newIDWindow(time.Minute, 100)
	for i := range 1000 {
		now := t0.Add(time.Duration(i) * time.Second)
		w.expire(now)
		w.add(UsedID{ID: fmt.Sprint(i), At: now})
		if len(w.byID) > 60 || len(w.order) > 130 {
			t.Fatalf("after %d ids: %d remembered, a list of %d", i, len(w.byID), len(w.order))
		}
	}
}

func TestIDWindowSurvivesAClockThatGoesBack(t *testing.T) {
	w := newIDWindow(time.Minute, 100)
	w.add(UsedID{ID: "a", At: t0})
	if got := w.add(UsedID{ID: "b", At: t0.Add(-time.Hour)}); !got.At.Equal(t0) {
		t.Fatalf("an id after %v was taken at %v", t0, got.At)
	}
	if old := w.expire(t0.Add(time.Minute)); len(old) != 2 {
		t.Fatalf("expired: %v", old)
	}
}

func TestDeltaSurvivesItsEncoding(t *testing.T) {
	s := newTestState()
	tie, text := int64(-7), "Ünïcode"
	prev := s.Head()
	c := s.mustApply(t, t0,
		Event{Member: "a", Op: Set, Score: -0.25, Tie: &tie, Name: &text, Group: &text, Cells: Cells{"y": []byte("2"), "x": []byte(`{"k":1}`)}, ID: "1"},
		Event{Member: "b", Op: Set, ID: "2"}, Event{Member: "b", Op: Remove, ID: "3"})
	got, err := DecodeDelta(prev.Chain, c.Log)
	if err != nil || !reflect.DeepEqual(got, *c.Outcome.Delta) || !got.Verify() {
		t.Fatalf("decoded %+v, %v\nwant %+v", got, err, *c.Outcome.Delta)
	}
	for i := range got.Rows {
		row, err := DecodeRow(c.Log[c.RowAt[i]:c.RowAt[i+1]])
		if err != nil || !reflect.DeepEqual(row, got.Rows[i]) {
			t.Fatalf("row %d is %+v, %v", i, row, err)
		}
	}
	got.Rows[0].Score = 1
	if got.Verify() {
		t.Fatal("a changed delta verifies")
	}
}

func FuzzDecodeDelta(f *testing.F) {
	f.Add(AppendDelta(nil, Delta{Epoch: "e", From: 1, To: 3, Rules: &Rules{Title: "T"}, Rows: []Row{{Entry: Entry{Member: "m", Cells: Cells{"a": []byte("1")}}}}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDelta("p", b)
		if err != nil {
			return
		}
		again, err := DecodeDelta("p", AppendDelta(nil, d))
		if err != nil {
			t.Fatal(err)
		}
		if again.Chain = d.Chain; !reflect.DeepEqual(d, again) && d.Rows == nil { // rows may hold NaN
			t.Fatalf("%+v became %+v", d, again)
		}
	})
}

func BenchmarkStateApply(b *testing.B) {
	for _, size := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := NewState("e", Rules{}, StateConfig{})
			members := make([]string, 100_000)
			for i := range members {
				members[i] = fmt.Sprintf("member-%08d", i)
				s.RestoreEntry(Entry{Member: members[i]})
			}
			batch, seq := make([]Event, size), uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					seq++
					batch[i] = Event{Member: members[(seq*7919)%uint64(len(members))], Op: Incr, Score: 1, Source: "s", Seq: seq}
				}
				s.mustApply(b, t0, batch...)
			}
		})
	}
}

func TestChainBindsWhatWentBefore(t *testing.T) {
	a, b := newTestState(), newTestState()
	a.mustApply(t, t0, Event{Member: "m", Op: Set, Score: 1, ID: "1"})
	b.mustApply(t, t0, Event{Member: "m", Op: Set, Score: 2, ID: "1"})
	same := Event{Member: "m", Op: Set, Score: 3, ID: "2"}
	ca, cb := a.mustApply(t, t0, same), b.mustApply(t, t0, same)
	if !reflect.DeepEqual(ca.Log, cb.Log) || a.Head().Chain == b.Head().Chain {
		t.Fatalf("the same batch after other batches: %+v and %+v", a.Head(), b.Head())
	}
}

func TestChainBindsEveryField(t *testing.T) {
	chains := map[string]bool{}
	for _, change := range []func(*Event){
		func(*Event) {},
		func(e *Event) { e.Member = "n" },
		func(e *Event) { e.Score = 6 },
		func(e *Event) { tie := int64(1); e.Tie = &tie },
		func(e *Event) { name := "a"; e.Name = &name },
		func(e *Event) { group := "a"; e.Group = &group },
		func(e *Event) { e.Cells = Cells{"a": []byte("1")} },
		func(e *Event) { e.Cells = Cells{"a": []byte("2")} },
		func(e *Event) { e.Cells = Cells{"b": []byte("1")} },
	} {
		e := Event{Member: "m", Op: Set, Score: 5, ID: "x"}
		change(&e)
		s := newTestState()
		s.mustApply(t, t0, e)
		if chains[s.Head().Chain] {
			t.Fatalf("%+v has the chain of another event", e)
		}
		chains[s.Head().Chain] = true
	}
}
