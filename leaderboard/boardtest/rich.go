package boardtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rollcall/leaderboard"
)

// NewRich makes a board with something of everything that an archive must hold,
// and returns the store: entries with names and cells, two sources, one of which
// was claimed, and refusals of every kind. RestoredGoesOn tries all of it.
func NewRich(tb testing.TB, s Store, name string, tie leaderboard.TieRule) Store {
	tb.Helper()
	rules := leaderboard.Rules{Title: "Rich", Order: leaderboard.Asc, Tie: tie, Scheme: leaderboard.Dense, Columns: []leaderboard.Column{{ID: "A", Label: "a"}}}
	if _, _, _, err := s.Put(context.Background(), name, rules); err != nil {
		tb.Fatal(err)
	}
	f := &fixture{TB: tb, store: s, name: name}
	var set *int64
	if tie == leaderboard.Given {
		set = ptr(int64(-7))
	}
	f.apply(
		leaderboard.Event{Member: "a", Op: leaderboard.Set, Score: 1.25, Tie: set, Name: ptr("Ä \"x\""), Group: ptr("G"), Cells: leaderboard.Cells{"A": []byte(`{"n":1}`), "B": []byte(`"` + strings.Repeat("€", 99) + `"`)}, Source: "s", Seq: 1},
		leaderboard.Event{Member: "b", Op: leaderboard.Incr, Score: -2, Tie: set, Source: "s", Seq: 2},
		leaderboard.Event{Member: "nobody", Op: leaderboard.Patch, Source: "s", Seq: 3},
		leaderboard.Event{Member: "b", Op: leaderboard.Remove, Tie: ptr(int64(1)), Source: "s", Seq: 4},
		leaderboard.Event{Member: "b", Op: leaderboard.Set, Score: 1, Source: "s", Seq: 5, Refused: &leaderboard.Refusal{Code: "too_long", Field: "name", Message: "must be at most 256 bytes"}},
		leaderboard.Event{Member: "c", Op: leaderboard.Set, Score: leaderboard.MaxScore, Source: "s", Seq: 6},
		leaderboard.Event{Member: "c", Op: leaderboard.Incr, Score: 2, Source: "s", Seq: 7},
		leaderboard.Event{Member: "gone", Op: leaderboard.Set, Source: "s", Seq: 8},
		leaderboard.Event{Member: "gone", Op: leaderboard.Remove, Source: "s", Seq: 9},
	)
	for range 2 {
		if _, _, err := s.Claim(context.Background(), name, "claimed"); err != nil {
			tb.Fatal(err)
		}
	}
	f.apply(leaderboard.Event{Member: "d", Op: leaderboard.Set, Name: ptr("D"), Source: "claimed", Seq: 1, Generation: 2})
	return s
}

// RestoredGoesOn archives the board that NewRich made in one store, restores it
// in another, and checks that senders and readers of the copy go on as on the
// board.
func RestoredGoesOn(tb testing.TB, from, to Store, name string) {
	tb.Helper()
	a := mustArchive(tb, from, "b")
	info := mustRestore(tb, to, name, a)
	f := &fixture{TB: tb, store: to, name: name}
	wantEqual(tb, "info", info, leaderboard.Info{Board: name, Rules: a.Rules, Head: f.head(), Total: a.Total})
	if info.Head.Epoch == a.Head.Epoch || info.Head.Version != a.Head.Version {
		tb.Fatalf("restored at %+v, archived at %+v", info.Head, a.Head)
	}
	wantSameArchive(tb, mustArchive(tb, to, name), a)
	infos, err := to.List(context.Background())
	if err != nil || !slices.ContainsFunc(infos, func(i leaderboard.Info) bool { return i.Board == name }) {
		tb.Fatalf("it is not listed: %+v, %v", infos, err)
	}

	next := leaderboard.Event{Member: "new", Op: leaderboard.Incr, Score: 1, Source: "s", Seq: 10}
	f.wantRefused(f.one(leaderboard.Event{Member: "new", Op: leaderboard.Incr, Score: 1, Source: "s", Seq: 11}), leaderboard.CodeGap, "seq")
	f.wantRefused(f.one(with(next, func(e *leaderboard.Event) { e.Epoch = a.Head.Epoch })), leaderboard.CodeStaleEpoch, "epoch")
	out := f.apply(next)
	f.wantApplied(out.Results[0], info.Head.Version+1, 1)
	f.wantDelta(out.Delta, info.Head, out.Head)
	for seq, code := range map[uint64]string{3: leaderboard.CodeUnknownMember, 4: leaderboard.CodeBadTie, 5: "too_long", 7: leaderboard.CodeOutOfRange} {
		again := f.one(with(next, func(e *leaderboard.Event) { e.Seq = seq }))
		if again.Refusal == nil || again.Refusal.Code != code || again.Refusal.Message == "" {
			tb.Fatalf("seq %d, refused %s before: %s", seq, code, show(again))
		}
	}
	for _, seq := range []uint64{1, 2, 6, 8, 9, 10} {
		f.wantDuplicate(f.one(with(next, func(e *leaderboard.Event) { e.Seq = seq })), info.Head.Version+1, 1)
	}
	twin := leaderboard.Event{Member: "new", Op: leaderboard.Incr, Score: 1, Source: "claimed", Seq: 2, Generation: 1}
	f.wantRefused(f.one(twin), leaderboard.CodeFenced, "generation")
	twin.Generation = 2
	f.wantApplied(f.one(twin), info.Head.Version+2, 2)
	if state, _, err := to.Claim(context.Background(), name, "claimed"); err != nil || state.Generation != 3 || state.Seq != 2 {
		tb.Fatalf("claim: %+v, %v", state, err)
	}
	changes, err := to.Changes(context.Background(), name, info.Head)
	if err != nil || len(changes) != 2 || changes[1].Head() != f.head() {
		tb.Fatalf("changes since the restore: %+v, %v", changes, err)
	}
	if got, begun, err := to.Fence(context.Background(), name, info.Head); err != nil || begun || got != f.head() {
		tb.Fatalf("fence by the head of the restore: %+v, %v, %v", got, begun, err)
	}
	f.sample()
}

func with(e leaderboard.Event, change func(*leaderboard.Event)) leaderboard.Event {
	change(&e)
	return e
}

func mustArchive(tb testing.TB, s Store, name string) leaderboard.Archive {
	tb.Helper()
	a, err := s.Archive(context.Background(), name)
	if err != nil {
		tb.Fatalf("Archive: %v", err)
	}
	return a
}

func mustRestore(tb testing.TB, s Store, name string, a leaderboard.Archive) leaderboard.Info {
	tb.Helper()
	info, err := s.Restore(context.Background(), name, a)
	if err != nil {
		tb.Fatalf("Restore: %v", err)
	}
	return info
}

// wantSameArchive compares two archives but for epoch and chain.
func wantSameArchive(tb testing.TB, got, want leaderboard.Archive) {
	tb.Helper()
	wantEqual(tb, "version", got.Head.Version, want.Head.Version)
	wantEqual(tb, "origin", got.Origin, want.Line(got.Head.Epoch))
	wantEqual(tb, "rules", got.Rules, want.Rules.WithDefaults())
	wantEqual(tb, "number of sources", len(got.Sources), len(want.Sources))
	ours := slices.Clone(want.Sources)
	slices.SortFunc(ours, func(a, b leaderboard.Source) int { return strings.Compare(a.Name, b.Name) })
	for i := range ours {
		wantEqual(tb, fmt.Sprintf("source %d", i), fmt.Sprintf("%+v", got.Sources[i]), fmt.Sprintf("%+v", ours[i]))
	}
	is, was := entries(tb, got.Snapshot), entries(tb, want.Snapshot)
	for _, member := range slices.Sorted(maps.Keys(was)) {
		wantEqual(tb, "entry", is[member], was[member])
	}
	wantEqual(tb, "number of entries", len(is), len(was))
}
