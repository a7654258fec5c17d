package redisboard_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardtest"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

func mustArchive(tb testing.TB, s boardtest.Store) leaderboard.Archive {
	tb.Helper()
	a, err := s.Archive(ctx, board)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func newEmbedded(tb testing.TB) *pebbleboard.Store {
	tb.Helper()
	s, err := pebbleboard.Open(pebbleboard.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// A board moves from one kind of store to the other, and back, and its senders
// go on.
func TestArchivesMoveBetweenStores(t *testing.T) {
	server := redistest.Start(t)
	for _, tie := range []leaderboard.TieRule{leaderboard.Reached, leaderboard.Given, leaderboard.None} {
		t.Run(string(tie), func(t *testing.T) {
			many, one := newStore(t, server, redisboard.Config{}), newEmbedded(t)
			boardtest.NewRich(t, many, board, tie)
			boardtest.RestoredGoesOn(t, many, one, "moved")
			if _, err := one.Restore(ctx, board, mustArchive(t, many)); err != nil {
				t.Fatal(err)
			}
			mustDelete(t, many)
			boardtest.RestoredGoesOn(t, one, many, board)
		})
	}
}

// An archive that is taken while sources send is exact: what a source says it
// has taken is in the rows and nothing else, also where events change nothing,
// or are refused. So every source goes on from there without a loss or a double.
func TestAnArchiveIsExactWhileWritesGoOn(t *testing.T) {
	for name, test := range map[string]struct{ sources, idle int }{
		"FewSources":  {sources: 6},
		"ManySources": {sources: 3000},
		"ManyAreIdle": {sources: 150, idle: 6500},
	} {
		t.Run(name, func(t *testing.T) {
			sources := test.sources
			const members, senders, archives = 5000, 3, 8
			server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
			live := newStore(t, server, cfg)
			seed := newSeed(members)
			for i := range test.idle {
				seed.Sources = append(seed.Sources, leaderboard.Source{Name: fmt.Sprint("idle", i), Generation: 1})
			}
			if _, err := live.Restore(ctx, board, seed); err != nil {
				t.Fatal(err)
			}
			var stop atomic.Bool
			var sent atomic.Int64
			var sending sync.WaitGroup
			for i := range senders {
				node := newStore(t, server, cfg)
				sending.Go(func() {
					for rng, seqs := rand.New(rand.NewPCG(7, uint64(i))), map[int]uint64{}; !stop.Load(); sent.Add(1) {
						var batch []leaderboard.Event
						for range 16 {
							src := rng.IntN(sources/senders)*senders + i
							seqs[src]++
							batch = append(batch, archiveEvent(src, seqs[src]))
						}
						if _, err := node.Apply(ctx, board, batch, ""); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			defer sending.Wait()
			defer stop.Store(true)
			var taken []leaderboard.Archive
			for n := int64(0); len(taken) < archives; {
				taken = append(taken, mustArchive(t, live))
				for n += 20; sent.Load() < n && !t.Failed(); {
					time.Sleep(time.Millisecond) // until they have sent some more
				}
			}
			stop.Store(true)
			sending.Wait()
			for _, a := range taken {
				wantExactArchive(t, a, members)
			}
			if name == "FewSources" {
				wantSendersCatchUp(t, taken[archives/2], mustArchive(t, live))
			}
			if n := len(taken[archives-1].Sources); taken[0].Head == taken[archives-1].Head || n < test.idle+min(sources, 500) {
				t.Errorf("%d sources; from %+v to %+v", n, taken[0].Head, taken[archives-1].Head)
			}
		})
	}
}

// wantSendersCatchUp restores an archive in a store of the other kind, where
// every source sends all that it has ever sent once more, and compares with the
// board as it has become.
func wantSendersCatchUp(t *testing.T, old, last leaderboard.Archive) {
	t.Helper()
	s := newEmbedded(t)
	if _, err := s.Restore(ctx, board, old); err != nil {
		t.Fatal(err)
	}
	fates := map[leaderboard.Status]int{}
	for _, src := range last.Sources {
		var n int
		fmt.Sscanf(src.Name, "s%d", &n)
		for seq := uint64(1); seq <= src.Seq; seq++ {
			out, err := s.Apply(ctx, board, []leaderboard.Event{archiveEvent(n, seq)}, "")
			if err != nil {
				t.Fatal(err)
			}
			fates[out.Results[0].Status]++
		}
	}
	if fates[leaderboard.Duplicate] == 0 || fates[leaderboard.Applied] == 0 {
		t.Errorf("fates %v", fates)
	}
	want := map[string]float64{}
	for e := range last.Entries {
		want[e.Member] = e.Score
	}
	for e := range mustArchive(t, s).Entries {
		if e.Score != want[e.Member] {
			t.Fatalf("%s has %v, want %v", e.Member, e.Score, want[e.Member])
		}
	}
}

// newSeed is a board of so many members, all at 0.
func newSeed(members int) leaderboard.Archive {
	seed := leaderboard.Archive{Snapshot: leaderboard.Snapshot{Head: leaderboard.Head{Version: uint64(members)}, Total: members}}
	seed.Entries = func(yield func(leaderboard.Entry) bool) {
		for i := range members {
			e := leaderboard.Entry{Member: fmt.Sprint("m", i), Name: fmt.Sprint("Member ", i), Tie: int64(i), Cells: leaderboard.Cells{"A": []byte("1")}}
			if !yield(e) {
				return
			}
		}
	}
	return seed
}

// archiveEvent is an event that adds to its member, changes nothing, or is
// refused.
func archiveEvent(src int, seq uint64) leaderboard.Event {
	source, rng := fmt.Sprint("s", src), rand.New(rand.NewPCG(uint64(src), seq))
	e := add(source, seq, fmt.Sprint("m", rng.IntN(5000)), float64(1+rng.IntN(9)))
	switch rng.IntN(8) {
	case 0, 1, 2:
		e.Score = 0
	case 3:
		e.Member, e.Op = "nobody", leaderboard.Patch
	}
	return e
}

// wantExactArchive checks that the rows are the sum of what the sources say.
func wantExactArchive(t *testing.T, a leaderboard.Archive, members int) {
	t.Helper()
	want := map[string]float64{}
	for _, src := range a.Sources {
		var n int
		fmt.Sscanf(src.Name, "s%d", &n)
		var refused []uint64
		for seq := uint64(1); seq <= src.Seq; seq++ {
			if e := archiveEvent(n, seq); e.Op == leaderboard.Patch {
				refused = append(refused, seq)
			} else {
				want[e.Member] += e.Score
			}
		}
		refused = refused[max(0, len(refused)-leaderboard.MaxRefused):]
		got := src.Refused
		if len(got) > len(refused) {
			t.Errorf("source %s at %d: %d refusals, want %d", src.Name, src.Seq, len(got), len(refused))
			continue
		}
		for i, r := range refused[len(refused)-len(got):] { // older ones may be forgotten
			if got[i].Seq != r || got[i].Refusal.Code != leaderboard.CodeUnknownMember {
				t.Errorf("source %s at %d: refusal %+v, want %d", src.Name, src.Seq, got[i], r)
			}
		}
		if len(refused) < leaderboard.MaxRefused/2 && len(got) != len(refused) {
			t.Errorf("source %s at %d: %d refusals of %d", src.Name, src.Seq, len(got), len(refused))
		}
	}
	n := 0
	for e := range a.Entries {
		if n++; e.Score != want[e.Member] || e.Name == "" || e.Cells == nil {
			t.Fatalf("version %d: %+v; its sources make %v", a.Head.Version, e, want[e.Member])
		}
	}
	if n != members || a.Total != members {
		t.Errorf("%d entries, total %d", n, a.Total)
	}
}
