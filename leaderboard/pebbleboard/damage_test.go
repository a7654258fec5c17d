package pebbleboard_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

// disk is every file of a data directory.
type disk map[string][]byte

func readDisk(tb testing.TB, fs vfs.FS) disk {
	tb.Helper()
	names, err := fs.List("data")
	if err != nil {
		tb.Fatal(err)
	}
	d := disk{}
	for _, name := range names {
		f, err := fs.Open(path.Join("data", name))
		if err != nil {
			tb.Fatal(err)
		}
		if d[name], err = io.ReadAll(f); err != nil {
			tb.Fatal(err)
		}
		f.Close()
	}
	return d
}

// with returns a file system with one file replaced.
func (d disk) with(tb testing.TB, name string, data []byte) vfs.FS {
	tb.Helper()
	fs := vfs.NewMem()
	if err := fs.MkdirAll("data", 0o700); err != nil {
		tb.Fatal(err)
	}
	for file, b := range d {
		if file == name {
			b = data
		}
		f, err := fs.Create(path.Join("data", file), vfs.WriteCategoryUnspecified)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := f.Write(b); err != nil {
			tb.Fatal(err)
		}
		f.Close()
	}
	return fs
}

// state is a board as it can be compared.
type state struct {
	head    leaderboard.Head
	seq     uint64
	entries map[string]leaderboard.Entry
}

func readState(tb testing.TB, s *pebbleboard.Store) state {
	tb.Helper()
	snap, err := s.Snapshot(context.Background(), "b")
	if err != nil {
		tb.Fatal(err)
	}
	src, _, err := s.Source(context.Background(), "b", "s")
	if err != nil {
		tb.Fatal(err)
	}
	st := state{head: snap.Head, seq: src.Seq, entries: map[string]leaderboard.Entry{}}
	for e := range snap.Entries {
		st.entries[e.Member] = e
	}
	return st
}

// newHistory makes a board and batches, and returns every state that was
// acknowledged, the board's birth first.
func newHistory(tb testing.TB, s *pebbleboard.Store, batches int) []state {
	tb.Helper()
	ctx := context.Background()
	if _, _, _, err := s.Put(ctx, "b", leaderboard.Rules{}); err != nil {
		tb.Fatal(err)
	}
	states := []state{readState(tb, s)}
	for range batches {
		states = append(states, push(tb, s, states[len(states)-1].seq))
	}
	return states
}

// push applies one batch of three events after a seq.
func push(tb testing.TB, s *pebbleboard.Store, seq uint64) state {
	tb.Helper()
	var batch []leaderboard.Event
	for range 3 {
		seq++
		batch = append(batch, leaderboard.Event{
			Member: fmt.Sprint("member-", seq%7), Op: leaderboard.Incr, Score: 1, Source: "s", Seq: seq,
			Cells: leaderboard.Cells{"A": []byte(`"` + strings.Repeat("x", int(seq%9)) + `"`)},
		})
	}
	if _, err := s.Apply(context.Background(), "b", batch, ""); err != nil {
		tb.Fatal(err)
	}
	return readState(tb, s)
}

// newSmallDisk returns the files of a store with tables and a log, as a killed
// process leaves them, and the states it acknowledged.
func newSmallDisk(tb testing.TB) (disk, []state) {
	tb.Helper()
	fs := vfs.NewMem()
	s := newStore(tb, pebbleboard.Config{Dir: "data", FS: fs})
	states := newHistory(tb, s, 8)
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	s = newStore(tb, pebbleboard.Config{Dir: "data", FS: fs})
	for range 8 {
		states = append(states, push(tb, s, states[len(states)-1].seq))
	}
	return readDisk(tb, fs), states
}

// reopen opens a damaged disk; ok is false if it was refused.
func reopen(tb testing.TB, fs vfs.FS) (st state, ok bool) {
	tb.Helper()
	s, err := pebbleboard.Open(pebbleboard.Config{Dir: "data", FS: fs, Logger: quiet})
	if err != nil {
		if !strings.Contains(err.Error(), "data") {
			tb.Fatalf("the refusal names no directory: %v", err)
		}
		return state{}, false
	}
	defer s.Close()
	if infos, _ := s.List(context.Background()); len(infos) == 0 {
		tb.Fatal("the board is gone")
	}
	return readState(tb, s), true
}

func TestFlippedByteIsRefusedOrHarmless(t *testing.T) {
	files, states := newSmallDisk(t)
	want := states[len(states)-1]
	refused := map[string]int{}
	for name, data := range files {
		for at := 0; at < len(data); at += 97 {
			flip := []byte{0x01, 0x80, 0xff}[at%3]
			bad := append([]byte(nil), data...)
			bad[at] ^= flip
			got, ok := reopen(t, files.with(t, name, bad))
			if !ok {
				refused[path.Ext(name)]++
				continue
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, byte %d ^ %#x: opened at %+v, acknowledged was %+v", name, at, flip, got.head, want.head)
			}
		}
	}
	if refused[".log"] == 0 || refused[".sst"] == 0 {
		t.Fatalf("refusals by kind of file: %v", refused)
	}
}

func TestFlippedByteOfTheLogIsRefused(t *testing.T) {
	files, states := newSmallDisk(t)
	want := states[len(states)-1]
	for name, data := range files {
		if path.Ext(name) != ".log" {
			continue
		}
		for at := range data {
			bad := append([]byte(nil), data...)
			bad[at] ^= 0x20
			if got, ok := reopen(t, files.with(t, name, bad)); ok && !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, byte %d: opened at %+v, acknowledged was %+v", name, at, got.head, want.head)
			}
		}
	}
}

func TestCutLogEndsAtABatchNotBeforeTheMark(t *testing.T) {
	files, states := newSmallDisk(t)
	const marked = 8 // batches before the last Close
	opened := 0
	for name, data := range files {
		if path.Ext(name) != ".log" {
			continue
		}
		for size := 0; size < len(data); size += step(len(data) - size) {
			got, ok := reopen(t, files.with(t, name, data[:size]))
			if !ok {
				continue
			}
			opened++
			wantPrefix(t, fmt.Sprintf("%s cut to %d bytes", name, size), got, states[marked:])
		}
	}
	if opened == 0 {
		t.Fatal("no cut log opened: a torn tail must not stop a node")
	}
}

// step goes by single bytes in what may be the last record, else faster.
func step(left int) int {
	if left < 120 {
		return 1
	}
	return 23
}

func wantPrefix(t *testing.T, what string, got state, states []state) {
	t.Helper()
	for _, st := range states {
		if reflect.DeepEqual(got, st) {
			return
		}
	}
	t.Fatalf("%s: opened at %+v, which is none of the acknowledged states", what, got.head)
}

func TestCutLogOfAClosedStoreIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	s := newStore(t, pebbleboard.Config{Dir: "data", FS: fs})
	states := newHistory(t, s, 8)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files := readDisk(t, fs)
	for name, data := range files {
		if path.Ext(name) != ".log" && !strings.HasPrefix(name, "MANIFEST") {
			continue
		}
		for size := 0; size < len(data); size += step(len(data) - size) {
			if got, ok := reopen(t, files.with(t, name, data[:size])); ok && !reflect.DeepEqual(got, states[8]) {
				t.Fatalf("%s cut to %d of %d bytes: opened at %+v", name, size, len(data), got.head)
			}
		}
	}
}

func TestMissingFileIsRefused(t *testing.T) {
	files, states := newSmallDisk(t)
	for name := range files {
		if ext := path.Ext(name); ext != ".log" && ext != ".sst" && name != "MARK" {
			continue
		}
		fs := files.with(t, name, nil)
		if err := fs.Remove(path.Join("data", name)); err != nil {
			t.Fatal(err)
		}
		if got, ok := reopen(t, fs); ok && !reflect.DeepEqual(got, states[len(states)-1]) && !reflect.DeepEqual(got, states[8]) {
			t.Fatalf("without %s: opened at %+v", name, got.head)
		}
	}
}

// A power cut keeps any part of what was not synced.
func TestPowerCutKeepsWhatWasAcknowledged(t *testing.T) {
	for seed := range uint64(60) {
		fs := vfs.NewCrashableMem()
		s := newStore(t, pebbleboard.Config{Dir: "data", FS: fs})
		states := newHistory(t, s, int(seed)%10)
		for percent := 0; percent <= 100; percent += 25 {
			crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(seed, 0))})
			got, ok := reopen(t, crashed)
			if !ok || !reflect.DeepEqual(got, states[len(states)-1]) {
				t.Fatalf("seed %d, %d %%: opened %v at %+v, acknowledged was %+v", seed, percent, ok, got.head, states[len(states)-1].head)
			}
		}
	}
}
