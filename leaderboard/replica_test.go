package leaderboard

import (
	"errors"
	"math"
	"sync"
	"testing"
)

func score(member string, score float64) Row { return Row{Entry: Entry{Member: member, Score: score}} }

func TestReplicaAppliesOnlyOntoItsOwnHead(t *testing.T) {
	m, r := newBoardModel(Rules{})
	first := m.delta(nil, score("a", 1))
	second := m.delta(nil, score("b", 2), score("c", 3))
	for _, d := range []Delta{first, second} {
		if err := r.Apply(d); err != nil {
			t.Fatal(err)
		}
	}
	next := Delta{Epoch: "e1", From: 3, To: 4, PrevChain: m.head.Chain, Chain: "next", Rows: []Row{score("z", 9)}}
	change := func(f func(*Delta)) Delta {
		d := next
		f(&d)
		return d
	}
	for _, tc := range []struct {
		name  string
		delta Delta
		want  error
	}{
		{"the delta before", second, nil},
		{"an older delta", first, nil},
		{"an older delta of another chain", change(func(d *Delta) { d.From, d.To, d.PrevChain = 2, 3, "x" }), nil},
		{"a delta that leads nowhere", change(func(d *Delta) { d.To = 3 }), nil},
		{"a delta that leads backwards", change(func(d *Delta) { d.From, d.To = 5, 2 }), nil},
		{"a hole", change(func(d *Delta) { d.From, d.To = 4, 5 }), ErrGap},
		{"another chain", change(func(d *Delta) { d.PrevChain = "x" }), ErrOtherHistory},
		{"a batch across our version", change(func(d *Delta) { d.From = 2 }), ErrOtherHistory},
		{"another epoch", change(func(d *Delta) { d.Epoch = "e2" }), ErrOtherHistory},
		{"an older delta of another epoch", change(func(d *Delta) { d.Epoch, d.From, d.To = "e2", 0, 1 }), ErrOtherHistory},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := r.Apply(tc.delta); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			wantReplica(t, r, m)
		})
	}
	if err := r.Apply(next); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Head(), next.Head(); got != want {
		t.Errorf("head %v, want %v", got, want)
	}
}

func TestReplicaTakesNewRules(t *testing.T) {
	m, r := newBoardModel(Rules{Order: Desc})
	apply := func(rules *Rules, rows ...Row) {
		t.Helper()
		if err := r.Apply(m.delta(rules, rows...)); err != nil {
			t.Fatal(err)
		}
		wantReplica(t, r, m)
	}
	apply(nil, score("a", 1), score("b", 2), score("c", 2))
	apply(&Rules{Title: "Finals", Order: Desc, Tie: Reached, Scheme: Dense})
	apply(nil, Row{Entry: Entry{Member: "a"}, Removed: true}, Row{Entry: Entry{Member: "b"}, Removed: true},
		Row{Entry: Entry{Member: "c"}, Removed: true}, Row{Entry: Entry{Member: "nobody"}, Removed: true})
	apply(&Rules{Order: Asc, Tie: Given, Scheme: Competition}, score("a", 1), score("b", 2), score("c", 2))
	apply(&Rules{Order: Desc, Tie: Given, Scheme: Competition}) // never from a store: still a right order
}

func TestReplicaKeepsDetailsOnlyWhilePresent(t *testing.T) {
	m, r := newBoardModel(Rules{})
	apply := func(rows ...Row) {
		t.Helper()
		if err := r.Apply(m.delta(nil, rows...)); err != nil {
			t.Fatal(err)
		}
		wantReplica(t, r, m)
	}
	apply(score("a", 1))
	if pages := len(r.reader.table.details.pages); pages != 0 {
		t.Errorf("%d pages of details for none", pages)
	}
	apply(Row{Entry: Entry{Member: "a", Score: 1, Name: "Alok", Group: "CSE", Cells: Cells{"A": []byte("1")}}})
	apply(Row{Entry: Entry{Member: "a", Score: 2, Name: "Alok"}})
	apply(score("a", 2))
	apply(Row{Entry: Entry{Member: "b", Name: "Bela"}}, Row{Entry: Entry{Member: "a"}, Removed: true})
	if r.reader.table.details.get(0) != nil {
		t.Error("the details of a removed member are kept")
	}
	apply(score("c", 2)) // takes the number of a
}

func TestReaderTakesAnyRange(t *testing.T) {
	m, r := newBoardModel(Rules{})
	if err := r.Apply(m.delta(nil, score("a", 3), score("b", 2), score("c", 1))); err != nil {
		t.Fatal(err)
	}
	r.Read(func(r *Reader) {
		for _, tc := range []struct{ offset, limit, want int }{
			{0, 2, 2},
			{1, 5, 2},
			{3, 1, 0},
			{4, 1, 0},
			{-5, 2, 2},
			{0, -1, 0},
			{0, 0, 0},
			{math.MaxInt, math.MaxInt, 0},
			{math.MinInt, math.MaxInt, 3},
		} {
			if got := len(r.Page(tc.offset, tc.limit, "")); got != tc.want {
				t.Errorf("page %d+%d: %d entries, want %d", tc.offset, tc.limit, got, tc.want)
			}
		}
		for span, want := range map[int]int{math.MinInt: 1, -1: 1, 0: 1, 1: 3, math.MaxInt: 3} {
			if got := len(r.Around("b", span, "")); got != want {
				t.Errorf("around b, span %d: %d entries, want %d", span, got, want)
			}
		}
		if got := r.Around("nobody", 3, ""); got != nil {
			t.Errorf("around nobody: %v", got)
		}
		if _, ok := r.Get("nobody", ""); ok {
			t.Error("nobody has an entry")
		}
		if _, ok := r.Rank("nobody", ""); ok {
			t.Error("nobody has a rank")
		}
	})
}

func TestRankAllocatesNothing(t *testing.T) {
	board := newBenchBoard(loads[2], 5000)
	for _, scheme := range []Scheme{"", Competition, Dense, Ordinal} {
		ask := func(r *Reader) {
			if _, ok := r.Rank(board.ids[1234], scheme); !ok {
				t.Error("no rank")
			}
		}
		if got := testing.AllocsPerRun(100, func() { board.replica.Read(ask) }); got != 0 {
			t.Errorf("%q: %v allocations", scheme, got)
		}
	}
}

// The writer keeps the sum of two scores, and a third member comes and goes
// with the version: a torn read would break either.
func TestReadersSeeWholeDeltas(t *testing.T) {
	const deltas, sum = 3000, 1000
	m, r := newBoardModel(Rules{})
	if err := r.Apply(m.delta(nil, score("a", 0), score("b", sum))); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				r.Read(func(r *Reader) { wantWhole(t, r, sum) })
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range deltas {
		guest := score("guest", -1)
		guest.Removed = i%2 == 1
		if err := r.Apply(m.delta(nil, score("a", float64(i%sum)), score("b", float64(sum-i%sum)), guest)); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
	wantReplica(t, r, m)
}

func wantWhole(t *testing.T, r *Reader, sum float64) {
	a, okA := r.Get("a", "")
	b, okB := r.Get("b", "")
	if !okA || !okB || a.Score+b.Score != sum {
		t.Errorf("version %d: %v + %v", r.Head().Version, a.Score, b.Score)
	}
	guests := int(r.Head().Version-2) / 3 % 2 // the first delta makes two versions, each other three
	if r.Len() != 2+guests || len(r.Page(0, 10, "")) != r.Len() {
		t.Errorf("version %d: %d entries", r.Head().Version, r.Len())
	}
	if around := r.Around("a", 1, ""); len(around) < 2 {
		t.Errorf("version %d: %d around a", r.Head().Version, len(around))
	}
}
