package boardtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"rollcall/leaderboard"
)

var readTests = map[string]func(*testing.T, Open){
	"DeltaHoldsEachTouchedMemberOnceAsItBecame": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		before := f.head()
		other := func(id string, op leaderboard.Op) leaderboard.Event {
			return leaderboard.Event{Member: "n", Op: op, Score: 1, ID: id}
		}
		out := f.apply(incr(1, 5), incr(2, 5), other("1", leaderboard.Set), other("2", leaderboard.Remove))
		f.wantDelta(out.Delta, before, out.Head)
		wantEqual(t, "version", out.Head.Version, uint64(4))
		rows := map[string]leaderboard.Row{}
		for _, row := range out.Delta.Rows {
			rows[row.Member] = row
		}
		wantEqual(t, "number of rows", len(out.Delta.Rows), 2)
		wantEqual(t, "rows", rows, map[string]leaderboard.Row{
			"m": {Entry: leaderboard.Entry{Member: "m", Score: 10, Tie: 2}},
			"n": {Entry: leaderboard.Entry{Member: "n"}, Removed: true}, // came and went in one batch
		})
	},
	"HeadsAreByNameAndZeroForNoBoard": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 1))
		if _, _, _, err := f.store.Put(context.Background(), "other", leaderboard.Rules{}); err != nil {
			t.Fatal(err)
		}
		heads, err := f.store.Heads(context.Background(), []string{"no", "b", "other", "b"})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "heads", heads, map[string]leaderboard.Head{"no": {}, "b": f.head(), "other": heads["other"]})
		if heads["other"].Epoch == "" || heads["other"].Version != 0 {
			t.Fatalf("head of a new board: %+v", heads["other"])
		}
		if none, err := f.store.Heads(context.Background(), nil); err != nil || len(none) != 0 {
			t.Fatalf("Heads of none = %+v, %v", none, err)
		}
	},
	"EmptyBatchIsNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		if out := f.apply(); out.Delta != nil || out.Head != f.head() {
			t.Fatalf("got %+v", out)
		}
	},
	"SnapshotStaysAsItWas": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		for i := range 100 {
			f.apply(leaderboard.Event{Member: fmt.Sprint("m", i), Op: leaderboard.Set, Score: 1, ID: fmt.Sprint(i)})
		}
		snap := f.snapshot()
		for i := range 50 {
			f.apply(leaderboard.Event{Member: fmt.Sprint("m", i), Op: leaderboard.Set, Score: 2, ID: fmt.Sprint("again", i)},
				leaderboard.Event{Member: fmt.Sprint("m", 50+i), Op: leaderboard.Remove, ID: fmt.Sprint("gone", i)},
				leaderboard.Event{Member: fmt.Sprint("new", i), Op: leaderboard.Set, ID: fmt.Sprint("new", i)})
		}
		for range 2 { // and may be read again
			for member, e := range entries(t, snap) {
				if e.Score != 1 {
					t.Fatalf("%s changed in the snapshot: %+v", member, e)
				}
			}
		}
		wantEqual(t, "total", snap.Total, 100)
	},
	"ChangesLeadFromAnyHeadToTheCurrentOne": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		heads, deltas := []leaderboard.Head{f.head()}, []leaderboard.Delta(nil)
		for seq := uint64(1); seq < 20; seq += 2 {
			out := f.apply(incr(seq, 1), incr(seq+1, 1))
			heads, deltas = append(heads, out.Head), append(deltas, *out.Delta)
		}
		for i, head := range heads {
			got, err := f.store.Changes(context.Background(), "b", head)
			if err != nil || len(got) != len(deltas)-i {
				t.Fatalf("after head %d: %d changes, %v", i, len(got), err)
			}
			if len(got) > 0 {
				wantEqual(t, "changes", got, deltas[i:])
			}
		}
	},
	"ChangesOfAnotherHistoryAreGone": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		first := f.apply(incr(1, 1), incr(2, 1)).Head
		last := f.apply(incr(3, 1)).Head
		for what, head := range map[string]leaderboard.Head{
			"another chain at an old version":         {Epoch: first.Epoch, Version: first.Version, Chain: last.Chain},
			"another chain at the current version":    {Epoch: last.Epoch, Version: last.Version, Chain: first.Chain},
			"a version in the middle of a batch":      {Epoch: first.Epoch, Version: 1, Chain: first.Chain},
			"a version that has not been reached yet": {Epoch: last.Epoch, Version: last.Version + 1, Chain: last.Chain},
			"another epoch":                           {Epoch: "no", Version: first.Version, Chain: first.Chain},
		} {
			if _, err := f.store.Changes(context.Background(), "b", head); !errors.Is(err, leaderboard.ErrGone) || errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("after %s: %v", what, err)
			}
		}
	},
	"TheChangelogIsCutAtItsOldEnd": func(t *testing.T, open Open) {
		f := newBoardWith(t, open, Options{ChangelogEntries: 10}, leaderboard.Rules{})
		start, last := f.head(), leaderboard.Head{}
		for seq := uint64(1); seq <= 1000; seq++ {
			if seq == 990 {
				last = f.head()
			}
			f.apply(incr(seq, 1))
		}
		if _, err := f.store.Changes(context.Background(), "b", start); !errors.Is(err, leaderboard.ErrGone) {
			t.Fatalf("Changes from the start: %v", err)
		}
		if got, err := f.store.Changes(context.Background(), "b", last); err != nil || len(got) != 11 {
			t.Fatalf("Changes from near the end: %d, %v", len(got), err)
		}
	},
	"EqualHistoriesOfTwoBoardsHaveOtherChains": func(t *testing.T, open Open) {
		f, g := newBoard(t, open, leaderboard.Rules{}), newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 1))
		g.apply(incr(1, 1))
		if f.head().Chain == g.head().Chain {
			t.Fatal("the chain does not bind the epoch")
		}
	},
}
