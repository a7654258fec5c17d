package pebbleboard

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// FuzzKeysAreInjective: two things share a key only if they are the same.
func FuzzKeysAreInjective(f *testing.F) {
	f.Add("a", "b", "b", "a", uint64(1), uint64(2))
	f.Add("", "\x00", "\xff", "\xff\xff", uint64(0), ^uint64(0))
	f.Fuzz(func(t *testing.T, name1, name2, e1, e2 string, v1, v2 uint64) {
		all := map[string]string{}
		add := func(what string, key []byte) {
			if other, taken := all[string(key)]; taken && other != what {
				t.Fatalf("%q and %q share the key %q", what, other, key)
			}
			all[string(key)] = what
		}
		add("format", keyFormat)
		add("commit", keyCommit)
		for _, name := range []string{name1, name2} {
			add("board "+name, boardKey(name))
			add("journal "+name, journalKey(name))
			for _, e := range []string{e1, e2} {
				epoch := (e + strings.Repeat("0", epochBytes))[:epochBytes]
				for _, kind := range []byte{kindEntry, kindSource, kindID} {
					add(string(kind)+epoch+name, under(nil, kind, epoch, name))
				}
				for _, v := range []uint64{v1, v2} {
					key := logKey(nil, epoch, v)
					add(string(key), key)
				}
			}
		}
		if (v1 < v2) != (bytes.Compare(logKey(nil, "", v1), logKey(nil, "", v2)) < 0) {
			t.Fatalf("changelog keys of %d and %d are not in order", v1, v2)
		}
	})
}

func TestUpToEndsAPrefix(t *testing.T) {
	for _, tc := range []struct{ prefix, want string }{{"a", "b"}, {"a\xff", "b"}, {"b\xff\xffz", "b\xff\xff{"}} {
		if got := string(upTo([]byte(tc.prefix))); got != tc.want {
			t.Fatalf("upTo(%q) = %q, want %q", tc.prefix, got, tc.want)
		}
	}
	if got := upTo([]byte("\xff\xff")); got != nil {
		t.Fatalf("upTo of the last prefix = %q", got)
	}
}

func TestOtherFormatIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	s, err := Open(Config{Dir: "data", FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.db.Set(keyFormat, []byte{formatVersion + 1}, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Config{Dir: "data", FS: fs})
	if err == nil || !strings.Contains(err.Error(), "it is 2, this program reads 1") {
		t.Fatalf("Open: %v", err)
	}
}
