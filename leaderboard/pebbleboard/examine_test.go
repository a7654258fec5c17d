package pebbleboard_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

// Examine finds what Open would refuse, and leaves the files as they are.
func TestExamineReadsAllAndWritesNothing(t *testing.T) {
	dir := t.TempDir()
	examine := func(wants string) {
		t.Helper()
		boards, before := 0, filesOf(t, dir)
		err := pebbleboard.Examine(pebbleboard.Config{Dir: dir, Progress: func(string, int) { boards++ }})
		if wants == "" && err != nil || wants != "" && (err == nil || !strings.Contains(err.Error(), wants)) {
			t.Errorf("Examine: %v, want %q", err, wants)
		}
		if wants == "" && len(before) > 0 && boards != 1 {
			t.Errorf("%d boards", boards)
		}
		if after := filesOf(t, dir); !reflect.DeepEqual(before, after) {
			t.Errorf("the files were %v, are %v", before, after)
		}
	}
	examine("")
	s, err := pebbleboard.Open(pebbleboard.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := s.Put(t.Context(), "b", leaderboard.Rules{}); err != nil {
		t.Fatal(err)
	}
	if err := pebbleboard.Examine(pebbleboard.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a directory in use: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	examine("")
	mark := filepath.Join(dir, "MARK")
	good, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mark, good[:5], 0o600); err != nil {
		t.Fatal(err)
	}
	examine("MARK is damaged")
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	examine("MARK is missing")
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir = foreign
	if err := pebbleboard.Examine(pebbleboard.Config{Dir: dir}); err != nil || len(filesOf(t, dir)) != 1 {
		t.Errorf("a directory of somebody else's: %v, %v", err, filesOf(t, dir))
	}
	if err := pebbleboard.Examine(pebbleboard.Config{Dir: filepath.Join(dir, "none")}); err != nil || len(filesOf(t, dir)) != 1 {
		t.Errorf("a directory that is not there: %v", err)
	}
}

// filesOf is what is in the files of a directory.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range list {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = string(raw)
	}
	return all
}
