package e2e_test

import (
	"context"
	"os"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }

// patience bounds every wait of a test on a busy machine.
const patience = 60 * time.Second

// bounded is the test's context with an end.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newBoard creates a board.
func newBoard(t testing.TB, c *client.Client, board string, rules wire.Rules) {
	t.Helper()
	if _, err := c.PutBoard(t.Context(), board, rules); err != nil {
		t.Fatal(err)
	}
}

// newSource claims a source.
func newSource(t testing.TB, c *client.Client, board, source string) *client.Source {
	t.Helper()
	s, err := c.Source(bounded(t), board, source)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantApplied pushes events of which each must be applied.
func wantApplied(t testing.TB, s *client.Source, events ...wire.Event) []wire.Result {
	t.Helper()
	results, err := s.Push(bounded(t), events...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Status != wire.Applied {
			t.Fatalf("event %d: %+v", i, r)
		}
	}
	return results
}

// readBoard reads a whole board of at most wire.MaxPage entries.
func readBoard(t testing.TB, api *client.API, board string) wire.BoardPage {
	t.Helper()
	page, err := api.Board(bounded(t), board, client.BoardQuery{Limit: wire.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// set is an event that gives a member a score.
func set(member string, score float64) wire.Event {
	return wire.Event{Member: member, Op: wire.OpSet, Score: &score}
}

func incr(member string, by float64) wire.Event {
	return wire.Event{Member: member, Op: wire.OpIncr, Score: &by}
}

// await takes states of a watch until one fits.
func await[S any](t testing.TB, next func() (S, error, bool), fits func(S) bool) S {
	t.Helper()
	var last S
	for {
		state, err, ok := next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			t.Fatalf("no state fitted; the last was %+v", last)
		}
		if last = state; fits(state) {
			return state
		}
	}
}
