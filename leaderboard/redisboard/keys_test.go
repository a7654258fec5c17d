package redisboard

import (
	"slices"
	"strings"
	"testing"

	"rollcall/redisconn"
)

func FuzzKeys(f *testing.F) {
	f.Add("rollcall", "b", "rollcall", "b2")
	f.Add("a", "b}:{b:c", "a:{b:b", "c")
	f.Add("a:boards", "b", "a", "boards")
	f.Add("", "", "", "x")
	f.Fuzz(func(t *testing.T, prefix1, board1, prefix2, board2 string) {
		one, ok1 := allKeys(prefix1, board1)
		two, ok2 := allKeys(prefix2, board2)
		if !ok1 || !ok2 {
			return
		}
		for i, key := range one {
			if !strings.HasPrefix(key, New(redisconn.Clients{}, Config{Prefix: prefix1}).cfg.Prefix+":") {
				t.Errorf("key %q is outside of the prefix %q", key, prefix1)
			}
			if slices.Contains(one[:i], key) {
				t.Errorf("key %q has two meanings", key)
			}
			if (prefix1 != prefix2 || board1 != board2) && i < len(one)-1 && slices.Contains(two, key) {
				t.Errorf("%q %q and %q %q share the key %q", prefix1, board1, prefix2, board2, key)
			}
		}
	})
}

// allKeys are all keys that a store with a board uses, the registry last. It
// checks that those of the board share their hash tag: what lies between the
// first { and the first } after it.
func allKeys(prefix, board string) ([]string, bool) {
	s := New(redisconn.Clients{}, Config{Prefix: prefix})
	if prefix == "" {
		return nil, false // is rollcall
	}
	k, err := s.keysOf(board)
	if err != nil {
		return nil, false
	}
	keys := slices.Concat(k.all(), []string{k.ended}, k.temporary("0123").contents(), k.temporary("4567").contents())
	for _, key := range keys {
		_, rest, _ := strings.Cut(key, "{")
		if tag, _, ok := strings.Cut(rest, "}"); !ok || tag != "b:"+board {
			panic("hash tag of " + key)
		}
	}
	registry, _ := s.registry()
	return append(keys, registry), true
}

func TestBadNamesAreErrorsThatSaySo(t *testing.T) {
	for _, name := range []string{"", "a b", "a}", "ä", "a:b", strings.Repeat("x", 65)} {
		s := New(redisconn.Clients{}, Config{})
		if _, err := s.keysOf(name); err == nil || !strings.Contains(err.Error(), "board") || !strings.Contains(err.Error(), "1 to 64") {
			t.Errorf("board %q: %v", name, err)
		}
		if name == "" {
			continue // the default
		}
		s = New(redisconn.Clients{}, Config{Prefix: name})
		if _, err := s.keysOf("b"); err == nil || !strings.Contains(err.Error(), "prefix") {
			t.Errorf("prefix %q: %v", name, err)
		}
	}
}
