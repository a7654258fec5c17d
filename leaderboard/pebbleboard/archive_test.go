package pebbleboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"rollcall/leaderboard"
)

// newLargeArchive is one that takes several commits. at hears of each entry
// before it is given.
func newLargeArchive(at func(i int)) leaderboard.Archive {
	const members = 6000
	a := leaderboard.Archive{
		Snapshot: leaderboard.Snapshot{Head: leaderboard.Head{Version: members}, Total: members},
		Sources:  []leaderboard.Source{{Name: "s", Seq: 7}},
	}
	name := strings.Repeat("n", 600)
	a.Entries = func(yield func(leaderboard.Entry) bool) {
		for i := range members {
			at(i)
			if !yield(leaderboard.Entry{Member: fmt.Sprint("m", i), Name: name}) {
				return
			}
		}
	}
	return a
}

func openOn(tb testing.TB, fs vfs.FS) *Store {
	tb.Helper()
	s, err := Open(Config{Dir: "data", FS: fs, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// records counts what stands in the database beside format and commit number.
func records(tb testing.TB, s *Store) int {
	tb.Helper()
	n := 0
	for _, kind := range "besicrj" {
		if err := s.each([]byte{byte(kind)}, func(_, _ []byte) error { n++; return nil }); err != nil {
			tb.Fatal(err)
		}
	}
	return n
}

// A process that is killed while it restores a board leaves none, and nothing
// of it once the directory has been opened again.
func TestAKilledRestoreLeavesNothing(t *testing.T) {
	fs := vfs.NewCrashableMem()
	s := openOn(t, fs)
	var crashed []vfs.FS
	a := newLargeArchive(func(i int) {
		if i%1500 == 1499 {
			crashed = append(crashed, fs.CrashClone(vfs.CrashCloneCfg{}))
		}
	})
	info, err := s.Restore(context.Background(), "b", a)
	if err != nil {
		t.Fatal(err)
	}
	rubbish := 0
	for _, fs := range crashed {
		again := openOn(t, fs)
		if infos, _ := again.List(context.Background()); len(infos) != 0 {
			t.Errorf("listed: %+v", infos)
		}
		if n := records(t, again); n != 0 {
			t.Errorf("%d records stay", n)
		}
		if again.commits.Load() > 0 {
			rubbish++
		}
		if _, err := again.Restore(context.Background(), "b", newLargeArchive(func(int) {})); err != nil {
			t.Errorf("a restore after that: %v", err)
		}
	}
	if rubbish == 0 {
		t.Error("no kill met a commit: there was nothing to strike")
	}
	whole := openOn(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	got, err := whole.Archive(context.Background(), "b")
	if err != nil || got.Head != info.Head || got.Total != a.Total || records(t, whole) != a.Total+2 {
		t.Errorf("the board that was restored: %+v, %d records, %v", got.Head, records(t, whole), err)
	}
}

// A Restore that is given up, or whose archive turns out to be none, strikes
// what it has written.
func TestAFailedRestoreLeavesNothing(t *testing.T) {
	s := openOn(t, vfs.NewMem())
	ctx, cancel := context.WithCancel(context.Background())
	met := 0
	a := newLargeArchive(func(i int) {
		if i == 5000 {
			met = records(t, s)
			cancel()
		}
	})
	if _, err := s.Restore(ctx, "b", a); !errors.Is(err, context.Canceled) || met == 0 {
		t.Errorf("given up after %d records: %v", met, err)
	}
	a = newLargeArchive(func(int) {})
	a.Total++
	if _, err := s.Restore(context.Background(), "b", a); !errors.Is(err, leaderboard.ErrArchive) {
		t.Error(err)
	}
	if n := records(t, s); n != 0 {
		t.Errorf("%d records stay", n)
	}
}

// A disk that fills up in the middle makes no board.
func TestARestoreOnAFullDiskFails(t *testing.T) {
	fs := vfs.NewCrashableMem()
	full := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite {
			return errors.New("no space left on device")
		}
		return nil
	})}
	s := openOn(t, errorfs.Wrap(fs, full))
	a := newLargeArchive(func(i int) {
		if i == 4000 {
			full.On()
		}
	})
	if _, err := s.Restore(context.Background(), "b", a); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Error(err)
	}
	again := openOn(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	if n := records(t, again); n != 0 {
		t.Errorf("%d records stay", n)
	}
}
