package redisboard_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// A snapshot of many pages, taken while members come, move and go, is the board
// that the changelog tells of that very head.
func TestSnapshotIsExactWhileWritesGoOn(t *testing.T) {
	server := redistest.Start(t)
	pages := 0
	cfg := redisboard.Config{Prefix: newPrefix(), Progress: func(string, int, int) { pages++ }}
	s := newStore(t, server, cfg)
	start := mustPut(t, s, board, leaderboard.Rules{}).Head
	writer := newWriter(t, newStore(t, server, redisboard.Config{Prefix: cfg.Prefix}))
	for range 100 {
		writer.send()
	}
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				writer.send()
			}
		}
	})
	type taken struct {
		head    leaderboard.Head
		entries map[string]leaderboard.Entry
	}
	var snaps []taken
	for range 20 {
		head, entries := mustRead(t, s)
		snaps = append(snaps, taken{head, entries})
	}
	close(stop)
	writing.Wait()
	if pages < 40 {
		t.Fatalf("%d pages in 20 snapshots: they met no writes", pages)
	}
	if snaps[0].head == snaps[19].head {
		t.Fatal("nothing was written meanwhile")
	}

	deltas, err := s.Changes(ctx, board, start)
	if err != nil {
		t.Fatal(err)
	}
	now := map[string]leaderboard.Entry{}
	for _, d := range deltas {
		for _, row := range d.Rows {
			if delete(now, row.Member); !row.Removed {
				now[row.Member] = row.Entry
			}
		}
		for len(snaps) > 0 && snaps[0].head == d.Head() {
			wantSameBoard(t, snaps[0].entries, now)
			snaps = snaps[1:]
		}
	}
	if len(snaps) > 0 {
		t.Fatalf("head %+v is not in the changelog", snaps[0].head)
	}
}

// writer changes a board of up to 4,000 members at random.
type writer struct {
	tb    testing.TB
	store *redisboard.Store
	rand  *rand.Rand
	seq   uint64
}

func newWriter(tb testing.TB, s *redisboard.Store) *writer {
	return &writer{tb: tb, store: s, rand: rand.New(rand.NewPCG(3, 4))}
}

func (w *writer) send() {
	batch := make([]leaderboard.Event, redisboard.MaxBatch)
	for i := range batch {
		w.seq++
		batch[i] = add("w", w.seq, fmt.Sprint("member", w.rand.IntN(4000)), 1)
		if w.rand.IntN(5) == 0 {
			batch[i].Op = leaderboard.Remove
		}
	}
	if _, err := w.store.Apply(ctx, board, batch, ""); err != nil {
		w.tb.Error(err)
	}
}

func TestSnapshotOfAnEmptyBoard(t *testing.T) {
	s := newStore(t, redistest.Start(t), redisboard.Config{})
	info := mustPut(t, s, board, leaderboard.Rules{})
	head, entries := mustRead(t, s)
	if head != info.Head || len(entries) != 0 {
		t.Errorf("snapshot at %+v with %d entries", head, len(entries))
	}
}

func TestSnapshotEndsWithItsContext(t *testing.T) {
	s := newStore(t, redistest.Start(t), redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Snapshot(done, board); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
}

// If rows are missing, as after a scan that went on at another server, the
// snapshot fails: it is never short.
func TestSnapshotIsNeverShort(t *testing.T) {
	server := redistest.Start(t)
	cfg := redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "a", 1), add("s", 2, "b", 1))
	if err := server.Clients().Write.HDel(ctx, cfg.Prefix+":{b:b}:r", "a").Err(); err != nil {
		t.Fatal(err)
	}
	if snap, err := s.Snapshot(ctx, board); err == nil {
		t.Errorf("a snapshot of %d entries", snap.Total)
	}
}
