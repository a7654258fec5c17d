package boardtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"rollcall/leaderboard"
)

var archiveTests = map[string]func(*testing.T, Open){
	"ARestoredBoardGoesOnWhereItsArchiveStands": func(t *testing.T, open Open) {
		for _, tie := range []leaderboard.TieRule{leaderboard.Reached, leaderboard.Given, leaderboard.None} {
			s := NewRich(t, open(t, Options{}), "b", tie)
			RestoredGoesOn(t, s, s, "copy")
		}
	},
	"ARestoredBoardSurvivesItsProcess": func(t *testing.T, open Open) {
		s := open(t, Options{})
		r, ok := s.(Reopener)
		if !ok {
			return // the server's to keep
		}
		a := mustArchive(t, NewRich(t, s, "b", leaderboard.Reached), "b")
		for _, name := range []string{"changed", "as-it-was"} {
			mustRestore(t, s, name, a)
		}
		f := &fixture{TB: t, store: s, name: "changed"}
		out := f.apply(leaderboard.Event{Member: "new", Op: leaderboard.Set, Score: 1, ID: "x"})
		s = r.Reopen(t)
		again := &fixture{TB: t, store: s, name: "changed"}
		wantEqual(t, "head", again.head(), out.Head)
		wantSameArchive(t, mustArchive(t, s, "as-it-was"), a)
	},
	"RestoreOfAnEmptyBoard": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{Title: "T"})
		a := mustArchive(t, f.store, "b")
		info := mustRestore(t, f.store, "copy", a)
		wantEqual(t, "version", info.Head.Version, uint64(0))
		wantSameArchive(t, mustArchive(t, f.store, "copy"), a)
		g := &fixture{TB: t, store: f.store, name: "copy"}
		g.wantApplied(g.one(incr(1, 5)), 1, 5)
		if d, err := g.store.Changes(context.Background(), "copy", info.Head); err != nil || len(d) != 1 {
			t.Fatalf("changes since: %+v, %v", d, err)
		}
	},
	"RestoreNeverReplacesABoard": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		a, head := mustArchive(t, f.store, "b"), f.head()
		if _, err := f.store.Restore(context.Background(), "b", a); !errors.Is(err, leaderboard.ErrExists) || errors.Is(err, leaderboard.ErrUnavailable) {
			t.Fatalf("Restore: %v", err)
		}
		wantEqual(t, "head", f.head(), head)
		if err := f.store.Delete(context.Background(), "b"); err != nil {
			t.Fatal(err)
		}
		info := mustRestore(t, f.store, "b", a)
		if info.Head.Epoch == head.Epoch || info.Head.Version != head.Version {
			t.Fatalf("restored at %+v, archived at %+v", info.Head, head)
		}
	},
	"OfManyRestoresOneMakesTheBoard": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		a := mustArchive(t, f.store, "b")
		const callers = 8
		errs := make(chan error, callers)
		for range callers {
			go func() {
				_, err := f.store.Restore(context.Background(), "copy", a)
				errs <- err
			}()
		}
		made := 0
		for range callers {
			if err := <-errs; err == nil {
				made++
			} else if !errors.Is(err, leaderboard.ErrExists) {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Fatalf("%d made the board", made)
		}
		wantSameArchive(t, mustArchive(t, f.store, "copy"), a)
	},
	"NoBoardIsMadeOfABadArchive": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5), leaderboard.Event{Member: "n", Op: leaderboard.Set, Score: 1, ID: "n"})
		good := mustArchive(t, f.store, "b")
		m, n := f.entry("m"), f.entry("n")
		refused := func(seqs ...uint64) []leaderboard.Source {
			src := leaderboard.Source{Name: "s", Seq: 5}
			for _, seq := range seqs {
				src.Refused = append(src.Refused, leaderboard.RefusedSeq{Seq: seq, Refusal: *leaderboard.RefuseCells()})
			}
			return []leaderboard.Source{src}
		}
		with := func(e ...leaderboard.Entry) leaderboard.Snapshot {
			snap := good.Snapshot
			snap.Entries = func(yield func(leaderboard.Entry) bool) {
				for i := range e {
					if !yield(e[i]) {
						return
					}
				}
			}
			return snap
		}
		nan, late := n, n
		nan.Score, late.Tie = math.NaN(), 3
		for what, a := range map[string]leaderboard.Archive{
			"cut":                   {Snapshot: with(m)},
			"longer than it says":   {Snapshot: with(m, n, leaderboard.Entry{Member: "o"})},
			"a member twice":        {Snapshot: with(m, m)},
			"no member":             {Snapshot: with(m, leaderboard.Entry{})},
			"no number":             {Snapshot: with(m, nan)},
			"reached in the future": {Snapshot: with(m, late)},
			"source twice":          {Snapshot: good.Snapshot, Sources: []leaderboard.Source{{Name: "s", Seq: 1}, {Name: "s", Seq: 2}}},
			"refused but not taken": {Snapshot: good.Snapshot, Sources: refused(6)},
			"refusals out of order": {Snapshot: good.Snapshot, Sources: refused(3, 2)},
			"no version":            {Snapshot: leaderboard.Snapshot{Total: 2, Entries: good.Entries}},
			"no such order":         {Snapshot: leaderboard.Snapshot{Rules: leaderboard.Rules{Order: "up"}}},
			"nothing where 2 are":   {Snapshot: leaderboard.Snapshot{Head: good.Head, Total: 2}},
		} {
			if _, err := f.store.Restore(context.Background(), "copy", a); !errors.Is(err, leaderboard.ErrArchive) || errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		if heads, err := f.store.Heads(context.Background(), []string{"copy"}); err != nil || heads["copy"] != (leaderboard.Head{}) {
			t.Fatalf("heads %+v, %v", heads, err)
		}
		wantSameArchive(t, mustArchive(t, f.store, "b"), good)
	},
	"ALargeBoardIsRestoredWhole": func(t *testing.T, open Open) {
		s := open(t, Options{})
		const members = 6000
		a := leaderboard.Archive{Snapshot: leaderboard.Snapshot{Head: leaderboard.Head{Version: members}, Total: members}}
		cell := []byte(fmt.Sprintf("%q", fmt.Sprintf("%0400d", 7)))
		a.Entries = func(yield func(leaderboard.Entry) bool) {
			for i := range members {
				if !yield(leaderboard.Entry{Member: fmt.Sprint("m", i), Score: float64(i), Tie: int64(i), Cells: leaderboard.Cells{"c": cell}}) {
					return
				}
			}
		}
		for i := range 3000 {
			src := leaderboard.Source{Name: fmt.Sprint("s", i), Seq: 1 + uint64(i)}
			if i%100 == 0 {
				src.Refused = []leaderboard.RefusedSeq{{Seq: 1, Refusal: *leaderboard.RefuseCells()}}
			}
			a.Sources = append(a.Sources, src)
		}
		mustRestore(t, s, "b", a)
		wantSameArchive(t, mustArchive(t, s, "b"), a)
	},
}
