package boardtest

import (
	"context"
	"testing"

	"rollcall/leaderboard"
)

var originTests = map[string]func(*testing.T, Open){
	"ABoardsLineBeginsWithItsFirstEpoch": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantOrigin(f.head().Epoch)
		f.apply(incr(1, 5))
		f.wantOrigin(f.head().Epoch)
	},
	"ABoardMadeAnewBeginsALine": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		old := f.head().Epoch
		f.made()
		if f.head().Epoch == old {
			t.Fatal("the epoch is that of the board that was deleted")
		}
		f.wantOrigin(f.head().Epoch)
	},
	"ARestoredBoardGoesOnWithItsLine": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		first := f.head().Epoch
		for _, from := range []string{"b", "again", "third"} { // each from the one before
			a := mustArchive(t, f.store, from)
			to := map[string]string{"b": "again", "again": "third", "third": "b"}[from]
			if to == "b" {
				if err := f.store.Delete(context.Background(), "b"); err != nil {
					t.Fatal(err)
				}
			}
			mustRestore(t, f.store, to, a)
			g := &fixture{TB: t, store: f.store, name: to}
			g.wantOrigin(first)
			g.apply(leaderboard.Event{Member: "n", Op: leaderboard.Set, Score: 1, ID: "n"})
			g.wantOrigin(first)
		}
		if r, ok := f.store.(Reopener); ok {
			g := &fixture{TB: t, store: r.Reopen(t), name: "third"}
			g.wantOrigin(first)
		}
	},
	"AnArchiveWithoutOriginBeganInItsEpoch": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		a := mustArchive(t, f.store, "b")
		a.Origin = ""
		mustRestore(t, f.store, "copy", a)
		f.name = "copy"
		f.wantOrigin(a.Head.Epoch)
		a.Head.Epoch = ""
		mustRestore(t, f.store, "made", a)
		f.name = "made"
		f.wantOrigin(f.head().Epoch)
	},
}

// wantOrigin checks everything that tells the board's origin.
func (f *fixture) wantOrigin(want string) {
	f.Helper()
	ctx := context.Background()
	state, _, err := f.store.Source(ctx, f.name, "s")
	if err != nil || state.Origin != want {
		f.Errorf("Source: origin %q, %v; want %q", state.Origin, err, want)
	}
	never, _, err := f.store.Source(ctx, f.name, "never seen")
	if err != nil || never.Origin != want {
		f.Errorf("Source of one never seen: origin %q, %v; want %q", never.Origin, err, want)
	}
	claimed, _, err := f.store.Claim(ctx, f.name, "c")
	if err != nil || claimed.Origin != want {
		f.Errorf("Claim: origin %q, %v; want %q", claimed.Origin, err, want)
	}
	for _, s := range f.prove("", "s", "never seen").Sources {
		if s.Origin != want {
			f.Errorf("Prove: origin %q of %s; want %q", s.Origin, s.Source, want)
		}
	}
	if a := mustArchive(f, f.store, f.name); a.Origin != want {
		f.Errorf("Archive: origin %q; want %q", a.Origin, want)
	}
}
