package pebbleboard

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// Check reads the disk again and compares it with memory.
func TestCheckComparesTheDiskWithMemory(t *testing.T) {
	s, err := Open(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	info, _, _, err := s.Put(t.Context(), "b", leaderboard.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"ann", "bob", "cay"} {
		if _, err := s.Apply(t.Context(), "b", []leaderboard.Event{{Member: member, Op: leaderboard.Set, Score: 1, ID: member}}, ""); err != nil {
			t.Fatal(err)
		}
	}
	epoch := info.Head.Epoch
	bob, entry := under(nil, kindEntry, epoch, "bob"), logKey(nil, epoch, 2)
	row := func(member string, score float64) []byte {
		return leaderboard.AppendRow(nil, &leaderboard.Row{Entry: leaderboard.Entry{Member: member, Score: score, Tie: 2}})
	}
	log, err := s.get(entry)
	if err != nil {
		t.Fatal(err)
	}
	altered := append([]byte(nil), log...)
	altered[len(altered)-6] ^= 1 // in the score
	for name, damage := range map[string]struct {
		key, value []byte // nil = deleted
		says       string
	}{
		"nothing":           {bob, row("bob", 1), ""},
		"another score":     {bob, row("bob", 2), "not what is in memory"},
		"another's row":     {bob, row("eve", 1), "that of"},
		"half a row":        {bob, row("bob", 1)[:5], "entries"},
		"no row":            {bob, nil, "2 are there, the record says 3"},
		"a lost change":     {entry, nil, "the entry to version 3 does not lead on"},
		"an altered change": {entry, altered, "the entry to version 3 does not lead on"},
	} {
		was, err := s.get(damage.key)
		if err != nil {
			t.Fatal(err)
		}
		set := func(value []byte) {
			t.Helper()
			err := s.db.Set(damage.key, value, pebble.NoSync)
			if value == nil {
				err = s.db.Delete(damage.key, pebble.NoSync)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		set(damage.value)
		err = s.Check(t.Context(), "b")
		if damage.says == "" && err != nil || damage.says != "" && (!errors.Is(err, leaderboard.ErrDamaged) || !strings.Contains(err.Error(), damage.says)) {
			t.Errorf("%s: %v, want %q", name, err, damage.says)
		}
		if strings.HasSuffix(name, "change") {
			_, err = s.Changes(t.Context(), "b", leaderboard.Head{})
			if !errors.Is(err, leaderboard.ErrDamaged) || !errors.Is(err, leaderboard.ErrGone) || !strings.Contains(err.Error(), damage.says) {
				t.Errorf("%s: Changes: %v, want %q", name, err, damage.says)
			}
		}
		set(was)
	}
}
