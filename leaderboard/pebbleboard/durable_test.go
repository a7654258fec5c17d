package pebbleboard_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

// While the disk has not answered, nobody is told of a change: neither its
// sender, nor who sends it again, nor a reader.
func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	var armed atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	slow := errorfs.InjectorFunc(func(op errorfs.Op) error {
		sync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if sync && strings.HasSuffix(op.Path, ".log") && armed.Load() {
			once.Do(func() { close(reached) })
			<-release
		}
		return nil
	})
	s := newStore(t, pebbleboard.Config{Dir: "data", FS: errorfs.Wrap(vfs.NewMem(), slow)})
	before := newHistory(t, s, 2)[2]
	armed.Store(true)
	batch := []leaderboard.Event{{Member: "m", Op: leaderboard.Set, Source: "s", Seq: before.seq + 1}}
	var sender sync.WaitGroup
	sender.Go(func() {
		if _, err := s.Apply(context.Background(), "b", batch, ""); err != nil {
			t.Errorf("Apply: %v", err)
		}
	})
	<-reached
	cancelled, cancel := context.WithCancel(context.Background())
	cancel() // who waits, returns at once and says so
	for range 50 {
		_, again := s.Apply(cancelled, "b", batch, "")
		_, snap := s.Snapshot(cancelled, "b")
		_, _, source := s.Source(cancelled, "b", "s")
		_, prove := s.Prove(cancelled, "b", []string{"s"}, leaderboard.LevelDisk)
		_, changes := s.Changes(cancelled, "b", before.head)
		_, list := s.List(cancelled)
		for i, err := range []error{again, snap, source, prove, changes, list} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("call %d did not wait for the disk: %v", i, err)
			}
		}
	}
	armed.Store(false)
	close(release)
	sender.Wait()
	if got := readState(t, s); got.seq != before.seq+1 {
		t.Fatalf("afterwards the source is at %d, want %d", got.seq, before.seq+1)
	}
}
