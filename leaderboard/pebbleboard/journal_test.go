package pebbleboard_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rollcall/leaderboard/pebbleboard"
)

func TestJournalKeepsWhatWasSaved(t *testing.T) {
	ctx, cfg := context.Background(), pebbleboard.Config{Dir: "data", FS: vfs.NewMem()}
	s := newReopener(t, cfg)
	newHistory(t, s.Store, 1)
	puts := map[string][]byte{"h/1": []byte("a"), "h/2": []byte("b"), "h\xff": {0}, "": []byte("root"), "seen/1": nil}
	if err := s.Journal().Save(ctx, puts, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Journal().Save(ctx, map[string][]byte{"h/1": []byte("a2")}, []string{"h/2", "never"}); err != nil {
		t.Fatal(err)
	}
	s = s.Reopen(t).(*reopener)
	for prefix, want := range map[string]map[string]string{
		"":   {"": "root", "h/1": "a2", "h\xff": "\x00", "seen/1": ""},
		"h/": {"h/1": "a2"},
		"no": {},
	} {
		got := map[string]string{}
		err := s.Journal().Load(ctx, prefix, func(key string, val []byte) error {
			got[key] = string(val)
			return nil
		})
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("Load(%q) = %v, %v; want %v", prefix, got, err, want)
		}
	}
	stop := errors.New("stop")
	if err := s.Journal().Load(ctx, "", func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("Load with a failing yield: %v", err)
	}
	if infos, err := s.List(ctx); err != nil || len(infos) != 1 {
		t.Fatalf("List beside a journal: %v, %v", infos, err)
	}
}
