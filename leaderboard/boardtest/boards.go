package boardtest

import (
	"context"
	"errors"
	"testing"

	"rollcall/leaderboard"
)

var boardTests = map[string]func(*testing.T, Open){
	"PutCreatesWithDefaults": func(t *testing.T, open Open) {
		s := open(t, Options{})
		info, delta, created, err := s.Put(context.Background(), "b", leaderboard.Rules{Title: "Final"})
		if err != nil || !created || delta != nil || info.Board != "b" || info.Total != 0 || info.Head.Epoch == "" || info.Head.Version != 0 {
			t.Fatalf("Put = %+v, %+v, %v, %v", info, delta, created, err)
		}
		wantEqual(t, "rules", info.Rules, leaderboard.Rules{Title: "Final"}.WithDefaults())
	},
	"PutOfTheSameRulesChangesNothing": func(t *testing.T, open Open) {
		rules := leaderboard.Rules{Title: "Final", Columns: []leaderboard.Column{{ID: "A", Label: "A"}}}
		f := newBoard(t, open, rules)
		f.apply(incr(1, 1))
		head := f.head()
		info, delta, created, err := f.store.Put(context.Background(), "b", rules)
		if err != nil || created || delta != nil || info.Head != head || info.Total != 1 {
			t.Fatalf("Put = %+v, %+v, %v, %v", info, delta, created, err)
		}
	},
	"PutOfOtherRulesIsAVersionedChange": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 1))
		before := f.head()
		rules := leaderboard.Rules{Title: "Final", Scheme: leaderboard.Dense, Columns: []leaderboard.Column{{ID: "A"}}}
		info, delta, created, err := f.store.Put(context.Background(), "b", rules)
		if err != nil || created || delta == nil {
			t.Fatalf("Put = %+v, %+v, %v, %v", info, delta, created, err)
		}
		f.wantDelta(delta, before, info.Head)
		want := rules.WithDefaults()
		wantEqual(t, "delta", []any{delta.Rules, delta.Rows, delta.To}, []any{&want, []leaderboard.Row(nil), before.Version + 1})
		wantEqual(t, "rules of the snapshot", f.snapshot().Rules, want)
		changes, err := f.store.Changes(context.Background(), "b", before)
		wantEqual(t, "changes", changes, []leaderboard.Delta{*delta})
		if err != nil {
			t.Fatal(err)
		}
	},
	"OrderAndTieAreFixedWhileThereAreEntries": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 1))
		for _, rules := range []leaderboard.Rules{{Order: leaderboard.Asc}, {Tie: leaderboard.None}} {
			if _, _, _, err := f.store.Put(context.Background(), "b", rules); !errors.Is(err, leaderboard.ErrRulesFixed) {
				t.Fatalf("Put of %+v: %v", rules, err)
			}
		}
		f.apply(leaderboard.Event{Member: "m", Op: leaderboard.Remove, ID: "x"})
		if _, _, _, err := f.store.Put(context.Background(), "b", leaderboard.Rules{Order: leaderboard.Asc, Tie: leaderboard.None}); err != nil {
			t.Fatalf("Put on an empty board: %v", err)
		}
	},
	"ListIsByName": func(t *testing.T, open Open) {
		s := open(t, Options{})
		for _, name := range []string{"b", "a", "B", "a-1", "a_1"} {
			if _, _, _, err := s.Put(context.Background(), name, leaderboard.Rules{Title: name}); err != nil {
				t.Fatal(err)
			}
		}
		infos, err := s.List(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, info := range infos {
			names = append(names, info.Board)
			wantEqual(t, "title", info.Rules.Title, info.Board)
		}
		wantEqual(t, "names", names, []string{"B", "a", "a-1", "a_1", "b"})
	},
	"BoardsDoNotMeet": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		g := &fixture{TB: t, store: f.store, name: "b2"}
		if _, _, _, err := f.store.Put(context.Background(), "b2", leaderboard.Rules{}); err != nil {
			t.Fatal(err)
		}
		f.wantApplied(f.one(incr(1, 5)), 1, 5)
		g.wantSeq("s", 0)
		g.wantApplied(g.one(incr(1, 7)), 1, 7)
		if f.head().Epoch == g.head().Epoch {
			t.Fatal("two boards share an epoch")
		}
	},
	"UnknownBoardIsAnError": func(t *testing.T, open Open) {
		s, ctx := open(t, Options{}), context.Background()
		_, applyErr := s.Apply(ctx, "no", []leaderboard.Event{incr(1, 1)}, "")
		_, _, sourceErr := s.Source(ctx, "no", "s")
		_, _, claimErr := s.Claim(ctx, "no", "s")
		_, changesErr := s.Changes(ctx, "no", leaderboard.Head{})
		_, snapErr := s.Snapshot(ctx, "no")
		for i, err := range []error{applyErr, sourceErr, claimErr, changesErr, snapErr, s.Delete(ctx, "no")} {
			if !errors.Is(err, leaderboard.ErrUnknownBoard) || errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("method %d: %v", i, err)
			}
		}
	},
	"DeleteEndsTheEpoch": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5), byID("x", incr(0, 1)))
		old := f.head()
		if err := f.store.Delete(context.Background(), "b"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Snapshot(context.Background(), "b"); !errors.Is(err, leaderboard.ErrUnknownBoard) {
			t.Fatalf("Snapshot of a deleted board: %v", err)
		}
		if _, _, created, err := f.store.Put(context.Background(), "b", leaderboard.Rules{}); err != nil || !created {
			t.Fatalf("Put after Delete: created %v, %v", created, err)
		}
		if f.head().Epoch == old.Epoch || f.snapshot().Total != 0 {
			t.Fatalf("the new board goes on where the old one ended: %+v", f.head())
		}
		f.wantSeq("s", 0)
		if _, err := f.store.Changes(context.Background(), "b", old); !errors.Is(err, leaderboard.ErrGone) {
			t.Fatalf("Changes after a head of the old epoch: %v", err)
		}
		stale := incr(2, 1)
		stale.Epoch = old.Epoch
		f.wantRefused(f.one(stale), leaderboard.CodeStaleEpoch, "epoch")
		f.wantApplied(f.one(byID("x", incr(0, 1))), 1, 1) // the id is forgotten too
	},
}

// wantDelta checks what holds of every delta.
func (f *fixture) wantDelta(d *leaderboard.Delta, from, to leaderboard.Head) {
	f.Helper()
	if d.Epoch != from.Epoch || d.From != from.Version || d.PrevChain != from.Chain || d.Head() != to {
		f.Fatalf("delta %+v does not lead from %+v to %+v", d, from, to)
	}
	if d.Chain == d.PrevChain {
		f.Fatalf("delta %+v keeps the chain", d)
	}
}
