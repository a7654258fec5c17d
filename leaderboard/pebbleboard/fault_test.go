package pebbleboard_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// newFaulty returns a store whose disk fails, for operations that match, once
// the toggle is on.
func newFaulty(tb testing.TB, fs vfs.FS, match func(errorfs.Op) bool) (*pebbleboard.Store, *errorfs.Toggle) {
	tb.Helper()
	fault := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if match(op) {
			return syscall.ENOSPC
		}
		return nil
	})}
	s, err := pebbleboard.Open(pebbleboard.Config{Dir: "data", FS: errorfs.Wrap(fs, fault), Logger: quiet})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s, fault
}

func TestFailedDiskMakesTheStoreReadOnly(t *testing.T) {
	for name, match := range map[string]func(errorfs.Op) bool{
		"Sync":  func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData },
		"Write": func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileWrite },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, fs := context.Background(), vfs.NewCrashableMem()
			s, fault := newFaulty(t, fs, match)
			states := newHistory(t, s, 5)
			want := states[5]
			fault.On()
			var callers sync.WaitGroup
			for i := range uint64(8) {
				callers.Go(func() {
					e := leaderboard.Event{Member: "lost", Op: leaderboard.Incr, Score: 1, ID: string('a' + rune(i))}
					if _, err := s.Apply(ctx, "b", []leaderboard.Event{e}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
						t.Errorf("Apply on a failed disk: %v", err)
					}
				})
			}
			callers.Wait()
			if got := readState(t, s); !reflect.DeepEqual(got, want) {
				t.Fatalf("readers see what is not durable: %+v", got)
			}
			if got, err := s.Changes(ctx, "b", states[3].head); err != nil || len(got) != 2 {
				t.Fatalf("Changes on a failed disk: %d, %v", len(got), err)
			}
			_, _, _, putErr := s.Put(ctx, "new", leaderboard.Rules{})
			_, _, claimErr := s.Claim(ctx, "b", "s")
			saveErr := s.Journal().Save(ctx, map[string][]byte{"k": nil}, nil)
			for i, err := range []error{putErr, claimErr, saveErr, s.Delete(ctx, "b")} {
				if !errors.Is(err, leaderboard.ErrUnavailable) {
					t.Fatalf("write %d on a failed disk: %v", i, err)
				}
			}
			fault.Off()
			if _, err := s.Apply(ctx, "b", []leaderboard.Event{{Member: "m", Op: leaderboard.Set, ID: "late"}}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
				t.Fatalf("the store writes again without being opened again: %v", err)
			}
			if got, ok := reopen(t, fs.CrashClone(vfs.CrashCloneCfg{})); !ok || !reflect.DeepEqual(got, want) {
				t.Fatalf("opened %v at %+v, acknowledged was %+v", ok, got.head, want.head)
			}
		})
	}
}

func TestDirectoryInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	newStore(t, pebbleboard.Config{Dir: dir})
	if _, err := pebbleboard.Open(pebbleboard.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use by another rollcall") {
		t.Fatalf("second Open: %v", err)
	}
}

func TestClosedStoreSaysSo(t *testing.T) {
	ctx := context.Background()
	s := newStore(t, pebbleboard.Config{})
	newHistory(t, s, 2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(ctx, "b", []leaderboard.Event{{Member: "m", Op: leaderboard.Set, ID: "x"}}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Fatalf("Apply after Close: %v", err)
	}
	if err := s.Journal().Load(ctx, "", nil); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Fatalf("Load after Close: %v", err)
	}
}

// An old copy that goes on meets the same version with other content.
func TestRestoredCopyIsToldApartByItsChain(t *testing.T) {
	ctx, fs := context.Background(), vfs.NewMem()
	s := newStore(t, pebbleboard.Config{Dir: "data", FS: fs})
	newHistory(t, s, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old := readDisk(t, fs)
	s = newStore(t, pebbleboard.Config{Dir: "data", FS: fs})
	went := push(t, s, 9)
	restored := newStore(t, pebbleboard.Config{Dir: "data", FS: old.with(t, "", nil)})
	batch := []leaderboard.Event{
		{Member: "x", Op: leaderboard.Set, ID: "1"}, {Member: "y", Op: leaderboard.Set, ID: "2"}, {Member: "z", Op: leaderboard.Set, ID: "3"},
	}
	out, err := restored.Apply(ctx, "b", batch, "")
	if err != nil || out.Head.Version != went.head.Version || out.Head.Epoch != went.head.Epoch {
		t.Fatalf("the copy did not meet the same version: %+v, %v", out.Head, err)
	}
	if out.Head.Chain == went.head.Chain {
		t.Fatal("two histories share a chain")
	}
	if _, err := restored.Changes(ctx, "b", went.head); !errors.Is(err, leaderboard.ErrGone) {
		t.Fatalf("Changes after the head of the other history: %v", err)
	}
}
