package pebbleboard_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rollcall/hub"
	"rollcall/leaderboard/boardtest"
	"rollcall/leaderboard/pebbleboard"
)

var _ hub.Boards = (*pebbleboard.Store)(nil)

// reopener opens its directory again.
type reopener struct {
	*pebbleboard.Store
	cfg pebbleboard.Config
}

func (r *reopener) Reopen(tb testing.TB) boardtest.Store {
	tb.Helper()
	if err := r.Close(); err != nil {
		tb.Fatalf("Close: %v", err)
	}
	return newReopener(tb, r.cfg)
}

func newReopener(tb testing.TB, cfg pebbleboard.Config) *reopener {
	tb.Helper()
	return &reopener{Store: newStore(tb, cfg), cfg: cfg}
}

func newStore(tb testing.TB, cfg pebbleboard.Config) *pebbleboard.Store {
	tb.Helper()
	s, err := pebbleboard.Open(cfg)
	if err != nil {
		tb.Fatalf("Open: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return s
}

func config(o boardtest.Options) pebbleboard.Config {
	return pebbleboard.Config{IDWindow: o.IDWindow, IDLimit: o.IDLimit, Now: o.Now, ChangelogEntries: o.ChangelogEntries}
}

func TestBoardsInMemory(t *testing.T) {
	boardtest.Run(t, func(tb testing.TB, o boardtest.Options) boardtest.Store { return newStore(tb, config(o)) })
}

func TestBoardsInADirectory(t *testing.T) {
	boardtest.Run(t, func(tb testing.TB, o boardtest.Options) boardtest.Store {
		cfg := config(o)
		cfg.Dir, cfg.FS = "data", vfs.NewMem()
		return newReopener(tb, cfg)
	})
}
