package pebbleboard_test

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

// Senders, readers and a fault at a random moment: what was acknowledged is on
// disk once, and nobody ever saw what is not.
func TestWhatIsAcknowledgedSurvivesAFaultOnce(t *testing.T) {
	for round := range 8 {
		ctx, fs := context.Background(), vfs.NewCrashableMem()
		writes := 0
		var mu sync.Mutex
		fault := errorfs.InjectorFunc(func(op errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSync {
				writes++
			}
			if writes > 40+round*7 {
				return syscall.EIO
			}
			return nil
		})
		s, err := pebbleboard.Open(pebbleboard.Config{Dir: "data", FS: errorfs.Wrap(fs, fault), Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := s.Put(ctx, "b", leaderboard.Rules{}); err != nil {
			t.Fatal(err)
		}
		const senders = 6
		var acked [senders]uint64
		var tasks sync.WaitGroup
		for n := range senders {
			tasks.Go(func() {
				for seq := uint64(1); ; seq++ {
					e := leaderboard.Event{Member: fmt.Sprint("m", n), Op: leaderboard.Incr, Score: 1, Source: fmt.Sprint("s", n), Seq: seq}
					if _, err := s.Apply(ctx, "b", []leaderboard.Event{e}, ""); err != nil {
						return
					}
					acked[n] = seq
				}
			})
		}
		var seen leaderboard.Head
		tasks.Go(func() {
			for {
				snap, err := s.Snapshot(ctx, "b")
				if err != nil {
					t.Errorf("Snapshot: %v", err)
					return
				}
				if seen = snap.Head; writable(ctx, s) != nil {
					return
				}
			}
		})
		tasks.Wait()
		_ = s.Close()
		after, err := pebbleboard.Open(pebbleboard.Config{Dir: "data", FS: fs.CrashClone(vfs.CrashCloneCfg{}), Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := after.Snapshot(ctx, "b")
		if err != nil {
			t.Fatal(err)
		}
		scores := map[string]float64{}
		for e := range snap.Entries {
			scores[e.Member] = e.Score
		}
		for n := range senders {
			src, _, err := after.Source(ctx, "b", fmt.Sprint("s", n))
			if err != nil || src.Seq < acked[n] || src.Seq > acked[n]+1 || scores[fmt.Sprint("m", n)] != float64(src.Seq) {
				t.Fatalf("round %d, sender %d: %d acknowledged, the disk has seq %d and score %v (%v)", round, n, acked[n], src.Seq, scores[fmt.Sprint("m", n)], err)
			}
		}
		if snap.Head.Version < seen.Version {
			t.Fatalf("round %d: a reader saw version %d, the disk has %d", round, seen.Version, snap.Head.Version)
		}
		if err := after.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func writable(ctx context.Context, s *pebbleboard.Store) error {
	return s.Journal().Save(ctx, map[string][]byte{"k": nil}, nil)
}

// A flush that fails must not leave writers waiting for room.
func TestFailedFlushMakesTheStoreReadOnly(t *testing.T) {
	fs := vfs.NewMem()
	s, fault := newFaulty(t, fs, func(op errorfs.Op) bool { return op.Kind == errorfs.OpCreate })
	states := newHistory(t, s, 2)
	fault.On()
	big := map[string][]byte{"big": make([]byte, 3<<20)}
	for range 50 {
		if s.Journal().Save(context.Background(), big, nil) != nil {
			if got := readState(t, s); got.head != states[2].head {
				t.Fatalf("read %+v", got.head)
			}
			return
		}
	}
	t.Fatal("150 MB were taken by a disk that makes no files")
}
