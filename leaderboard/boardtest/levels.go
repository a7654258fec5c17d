package boardtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"rollcall/leaderboard"
)

// levelTests say what holds of every proof, whatever the store can prove just
// now. What it must prove, and must not, the drivers' own tests say.
var levelTests = map[string]func(*testing.T, Open){
	"ProofSaysWhatIsMissingOfTheLevel": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		for i, level := range everyLevel {
			e := incr(uint64(i+1), 1)
			out := f.applyAt(level, e)
			f.wantApplied(out.Results[0], uint64(i+1), float64(i+1))
			again := f.applyAt(level, e)
			f.wantDuplicate(again.Results[0], uint64(i+1), float64(i+1))
			for _, p := range []leaderboard.Proof{out.Proof, again.Proof, f.prove(level, "s").Proof} {
				f.wantProof(level, p)
			}
		}
	},
	"ABatchIsAppliedWhateverIsProven": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		before := f.head()
		out := f.applyAt(leaderboard.LevelBoth, incr(1, 5), byID("x", incr(0, 1)))
		f.wantDelta(out.Delta, before, f.head())
		f.wantApplied(out.Results[1], 2, 6)
		if f.entry("m").Score != 6 {
			t.Fatalf("%+v", f.entry("m"))
		}
		again := f.applyAt(leaderboard.LevelBoth, incr(1, 5), byID("x", incr(0, 1)))
		if again.Delta != nil || again.Head != out.Head {
			t.Fatalf("the same once more changed the board: %+v", again)
		}
	},
	"ProveTellsSourcesInOrder": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		var names []string
		var want []leaderboard.SourceState
		epoch := f.head().Epoch
		for i := range 150 { // more than a store may ask for at once
			s := leaderboard.SourceState{Origin: epoch, Source: fmt.Sprintf("s%d", (i*37)%150)}
			if names = append(names, s.Source); i%2 == 0 {
				e := incr(1, 1)
				e.Source = s.Source
				f.apply(e)
				s.Seq = 1
			}
			if i%3 == 0 {
				if _, _, err := f.store.Claim(context.Background(), f.name, s.Source); err != nil {
					t.Fatal(err)
				}
				s.Generation = 1
			}
			want = append(want, s)
		}
		for _, level := range []leaderboard.Level{"", leaderboard.LevelBoth} {
			at := f.prove(level, names...)
			wantEqual(t, "sources", at.Sources, want)
			wantEqual(t, "head", at.Head, f.head())
			f.wantProof(level, at.Proof)
		}
		if at := f.prove(leaderboard.LevelDisk); len(at.Sources) != 0 || at.Head != f.head() {
			t.Fatalf("of no source: %+v", at)
		}
	},
	"ProvingChangesNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		before := f.snapshot()
		f.prove(leaderboard.LevelBoth, "s", "t")
		f.applyAt(leaderboard.LevelBoth, incr(1, 5))
		after := f.snapshot()
		wantEqual(t, "head", after.Head, before.Head)
		wantEqual(t, "entries", entries(t, after), entries(t, before))
		wantEqual(t, "rules", after.Rules, before.Rules)
		f.wantSeq("t", 0)
	},
	"ProveOfAnUnknownBoardIsAnError": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		for _, level := range everyLevel {
			at, err := f.store.Prove(context.Background(), "no", []string{"s"}, level)
			if !errors.Is(err, leaderboard.ErrUnknownBoard) || errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("at level %q: %+v, %v", level, at, err)
			}
		}
		infos, err := f.store.List(context.Background())
		if err != nil || len(infos) != 1 {
			t.Fatalf("boards: %+v, %v", infos, err)
		}
	},
}

var everyLevel = []leaderboard.Level{"", leaderboard.LevelMemory, leaderboard.LevelDisk, leaderboard.LevelReplica, leaderboard.LevelBoth}

func (f *fixture) applyAt(level leaderboard.Level, batch ...leaderboard.Event) leaderboard.Outcome {
	f.Helper()
	out, err := f.store.Apply(context.Background(), f.name, batch, level)
	if err != nil || len(out.Results) != len(batch) {
		f.Fatalf("Apply at level %q: %+v, %v", level, out, err)
	}
	return out
}

func (f *fixture) prove(level leaderboard.Level, sources ...string) leaderboard.Standing {
	f.Helper()
	at, err := f.store.Prove(context.Background(), f.name, sources, level)
	if err != nil {
		f.Fatalf("Prove at level %q: %v", level, err)
	}
	return at
}

// wantProof checks what holds of every proof of a level.
func (f *fixture) wantProof(asked leaderboard.Level, p leaderboard.Proof) {
	f.Helper()
	if l, err := leaderboard.ParseLevel(string(p.Level)); err != nil || l == "" {
		f.Fatalf("proof of level %q: %v", p.Level, err)
	}
	if top := f.store.MaxLevel(); !top.Covers(p.Level) {
		f.Fatalf("proven %s, more than %s, which is the most", p.Level, top)
	}
	if p.Level.Covers(asked) != (p.Short == "") {
		f.Fatalf("asked for %q: proof %+v; Short says what is missing, and only that", asked, p)
	}
}
