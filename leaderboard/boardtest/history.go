package boardtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"rollcall/leaderboard"
)

var historyTests = map[string]func(*testing.T, Open){
	"FenceOfATrueHeadChangesNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		known := []leaderboard.Head{f.head()}
		for seq := uint64(1); seq < 20; seq += 2 {
			known = append(known, f.apply(incr(seq, 1), incr(seq+1, 1)).Head)
		}
		now := f.head()
		for _, head := range known {
			if got, begun, err := f.store.Fence(context.Background(), f.name, head); err != nil || begun || got != now {
				t.Fatalf("Fence(%+v) = %+v, %v, %v; the head is %+v", head, got, begun, err, now)
			}
		}
	},
	"FenceOfAnEndedEpochChangesNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		old := f.apply(incr(1, 1)).Head
		f.made()
		now := f.head()
		for range 2 {
			if got, begun, err := f.store.Fence(context.Background(), f.name, old); err != nil || begun || got != now {
				t.Fatalf("Fence = %+v, %v, %v; the head is %+v", got, begun, err, now)
			}
		}
	},
	"EpochsThatDeleteEndedAreKnown": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		epochs := []string{f.head().Epoch}
		f.wantEnded(epochs[0], false)
		for range 3 {
			f.made()
			epochs = append(epochs, f.head().Epoch)
			f.wantEnded(epochs[len(epochs)-2], true)
		}
		f.wantEnded(epochs[3], false)
		if err := f.store.Delete(context.Background(), f.name); err != nil {
			t.Fatal(err)
		}
		for _, epoch := range epochs {
			f.wantEnded(epoch, true)
		}
	},
	"SampleIsTheBest100": func(t *testing.T, open Open) {
		for _, order := range []leaderboard.Order{leaderboard.Desc, leaderboard.Asc} {
			f := newBoard(t, open, leaderboard.Rules{Order: order})
			for i := range 250 {
				f.apply(leaderboard.Event{Member: fmt.Sprint("m", i), Op: leaderboard.Set, Score: float64(i*37%250) - 99.5, Name: ptr("N"), ID: fmt.Sprint(i)})
			}
			sample := f.sample()
			wantEqual(t, "total", sample.Total, 250)
			all := slices.SortedFunc(maps.Values(entries(t, f.snapshot())), func(a, b leaderboard.Entry) int {
				if (a.Score < b.Score) == (order == leaderboard.Asc) {
					return -1
				}
				return 1
			})
			want := map[string]leaderboard.Entry{}
			for _, e := range all[:100] {
				want[e.Member] = e
			}
			f.wantSample(sample, want)
		}
	},
	"SampleOfFewIsAll": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{Tie: leaderboard.Given})
		f.wantSample(f.sample(), map[string]leaderboard.Entry{})
		f.apply(leaderboard.Event{Member: "a", Op: leaderboard.Set, Score: 1.5, Tie: ptr(int64(-3)), Cells: leaderboard.Cells{"x": []byte("1")}, ID: "a"},
			leaderboard.Event{Member: "b", Op: leaderboard.Set, Score: math.Copysign(0, -1), Group: ptr("G"), ID: "b"},
			leaderboard.Event{Member: "c", Op: leaderboard.Set, Score: -leaderboard.MaxScore, ID: "c"})
		f.wantSample(f.sample(), entries(t, f.snapshot()))
	},
	"ChangesAfterNoHeadAreAllThereAre": func(t *testing.T, open Open) {
		f := newBoardWith(t, open, Options{ChangelogEntries: 10}, leaderboard.Rules{})
		f.wantWhole(0, false)
		for seq := uint64(1); seq < 20; seq += 2 {
			f.apply(incr(seq, 1), incr(seq+1, 1))
			f.wantWhole(int(seq+1)/2, false)
		}
		for seq := uint64(21); seq <= 2000; seq++ {
			f.apply(incr(seq, 1))
		}
		f.wantWhole(10, true)
		f.made()
		f.wantWhole(0, false)
		f.apply(incr(1, 1))
		f.wantWhole(1, false)
	},
	"CheckFindsNothingWhereNothingIs": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{Order: leaderboard.Asc})
		f.wantChecked()
		for seq := uint64(1); seq <= 2500; seq += 50 {
			var batch []leaderboard.Event
			for i := seq; i < seq+50; i++ {
				e := incr(i, float64(i%97)-1e-7)
				e.Member = fmt.Sprint("m", i)
				batch = append(batch, e)
			}
			f.apply(batch...)
		}
		f.apply(leaderboard.Event{Member: "m7", Op: leaderboard.Remove, ID: "x"})
		f.wantChecked()
	},
	"UnknownBoardHasNoHistory": func(t *testing.T, open Open) {
		s, ctx := open(t, Options{}), context.Background()
		_, _, fenceErr := s.Fence(ctx, "no", leaderboard.Head{})
		_, sampleErr := s.Sample(ctx, "no")
		_, archiveErr := s.Archive(ctx, "no")
		for i, err := range []error{fenceErr, sampleErr, archiveErr, s.Check(ctx, "no")} {
			if !errors.Is(err, leaderboard.ErrUnknownBoard) || errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("method %d: %v", i, err)
			}
		}
	},
}

// made deletes the board and makes it anew.
func (f *fixture) made() {
	f.Helper()
	if err := f.store.Delete(context.Background(), f.name); err != nil {
		f.Fatal(err)
	}
	if _, _, created, err := f.store.Put(context.Background(), f.name, leaderboard.Rules{}); err != nil || !created {
		f.Fatalf("Put: created %v, %v", created, err)
	}
}

func (f *fixture) wantEnded(epoch string, want bool) {
	f.Helper()
	if got, err := f.store.Ended(context.Background(), f.name, epoch); err != nil || got != want {
		f.Fatalf("Ended(%s) = %v, %v; want %v", epoch, got, err, want)
	}
}

// wantWhole checks that the changes after the zero Head lead in so many batches
// from where the epoch began, or from some later head if the changelog was cut,
// to where the board is.
func (f *fixture) wantWhole(batches int, cut bool) {
	f.Helper()
	deltas, err := f.store.Changes(context.Background(), f.name, leaderboard.Head{})
	if err != nil || len(deltas) < batches || !cut && len(deltas) != batches {
		f.Fatalf("Changes after no head: %d batches, %v; want %d", len(deltas), err, batches)
	}
	if len(deltas) == 0 {
		return
	}
	at := leaderboard.Head{Epoch: deltas[0].Epoch, Version: deltas[0].From, Chain: deltas[0].PrevChain}
	if begun := at.Version == 0; begun == cut {
		f.Fatalf("the changes begin after %+v; cut: %v", at, cut)
	}
	again, err := f.store.Changes(context.Background(), f.name, at)
	if err != nil {
		f.Fatalf("Changes after %+v, where all begin: %v", at, err)
	}
	wantEqual(f, "changes", again, deltas)
	wantEqual(f, "head", deltas[len(deltas)-1].Head(), f.head())
}

func (f *fixture) wantChecked() {
	f.Helper()
	if err := f.store.Check(context.Background(), f.name); err != nil {
		f.Fatalf("Check: %v", err)
	}
}

func (f *fixture) sample() leaderboard.Sample {
	f.Helper()
	sample, err := f.store.Sample(context.Background(), f.name)
	if err != nil {
		f.Fatalf("Sample: %v", err)
	}
	return sample
}

// wantSample checks a sample against entries of the board as it is.
func (f *fixture) wantSample(sample leaderboard.Sample, want map[string]leaderboard.Entry) {
	f.Helper()
	got := map[string]leaderboard.Entry{}
	for _, e := range sample.Entries {
		got[e.Member] = e
	}
	wantEqual(f, "head", sample.Head, f.head())
	wantEqual(f, "number of entries", len(sample.Entries), len(want))
	wantEqual(f, "entries", got, want)
}
