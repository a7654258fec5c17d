package memroster

import (
	"context"
	"testing"

	"rollcall/presence/rostertest"
)

func TestRoster(t *testing.T) {
	rostertest.Run(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
		return newRoster(tb, Config{Now: clock.Now})
	})
}

// newRoster makes a roster that ends with the test.
func newRoster(tb testing.TB, cfg Config) *Roster {
	tb.Helper()
	r, err := New(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return r
}
