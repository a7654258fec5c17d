package pebblejournal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/hub/pebblejournal"
	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

func open(t *testing.T, dir string) *pebblejournal.Journal {
	t.Helper()
	j, err := pebblejournal.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func key(source string, seq uint64) hub.JournalKey {
	return hub.JournalKey{Board: "b-1", Source: source, Origin: "e/1 é", Seq: seq}
}

func entry(source string, seq uint64) hub.JournalEntry {
	return hub.JournalEntry{JournalKey: key(source, seq), Value: []byte(fmt.Sprint(source, " ", seq))}
}

// read reads all entries of a source from seq on, page by page.
func read(t *testing.T, j *pebblejournal.Journal, source string, seq uint64) (seqs []uint64) {
	t.Helper()
	for {
		entries, err := j.Read(context.Background(), key(source, seq))
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			return seqs
		}
		for _, e := range entries {
			if e.JournalKey != key(source, e.Seq) || string(e.Value) != string(entry(source, e.Seq).Value) {
				t.Fatalf("%+v", e)
			}
			seqs = append(seqs, e.Seq)
		}
		seq = seqs[len(seqs)-1] + 1
	}
}

func TestEntriesAreThereAfterTheProcess(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	var all []hub.JournalEntry
	for seq := uint64(1); seq <= 9000; seq++ {
		all = append(all, entry("s", seq))
	}
	all = append(all, entry("s2", 5), entry("t", 1<<63))
	if err := j.Write(context.Background(), all, nil); err != nil {
		t.Fatal(err)
	}
	if err := j.Write(context.Background(), []hub.JournalEntry{entry("s", 9001)}, []hub.JournalKey{key("s", 1), key("s", 7)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, dir)
	got := read(t, j, "s", 1)
	if !slices.IsSorted(got) || len(got) != 8999 || got[0] != 2 || slices.Contains(got, 7) {
		t.Errorf("%d entries", len(got))
	}
	if got := read(t, j, "s", 8990); len(got) != 12 {
		t.Errorf("%d from 8990 on", len(got))
	}
	if got := read(t, j, "t", 1<<63); len(got) != 1 {
		t.Errorf("%v", got)
	}
	n := 0
	if err := j.Each(context.Background(), func(e hub.JournalEntry) error {
		n++
		if e.JournalKey != key(e.Source, e.Seq) {
			t.Errorf("%+v", e)
		}
		return nil
	}); err != nil || n != 9001 {
		t.Errorf("%d in all, %v", n, err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := pebblejournal.Open(dir, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("%v", err)
	}
}

func TestDataDirectoryIsNoJournal(t *testing.T) {
	for what, fill := range map[string]func(*pebbleboard.Store) error{
		"a board": func(s *pebbleboard.Store) error {
			_, _, _, err := s.Put(context.Background(), "b", leaderboard.Rules{})
			return err
		},
		"a roster": func(s *pebbleboard.Store) error {
			return s.Journal().Save(context.Background(), map[string][]byte{"room": nil}, nil)
		},
	} {
		dir := t.TempDir()
		s, err := pebbleboard.Open(pebbleboard.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(s); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := pebblejournal.Open(dir, nil); err == nil || !strings.Contains(err.Error(), "something else") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDamagedJournalIsRefused(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for seq := uint64(1); seq <= 50; seq++ {
		if err := j.Write(context.Background(), []hub.JournalEntry{entry("s", seq)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	if len(logs) == 0 {
		t.Fatal("there is no log to damage")
	}
	for _, name := range logs {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) < 200 {
			continue
		}
		b[len(b)/4] ^= 0xff
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pebblejournal.Open(dir, nil); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
}
