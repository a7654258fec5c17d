package cluster_test

import (
	"context"
	"errors"
	"fmt"
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
	ctx, cancel := context.WithTimeout(t.Context(), patience+harness.Scaled(patience))
	t.Cleanup(cancel)
	return ctx
}

// newBoard creates a board.
func newBoard(t testing.TB, c *client.Client, board string, rules wire.Rules) {
	t.Helper()
	if _, err := c.PutBoard(bounded(t), board, rules); err != nil {
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

// wantApplied pushes events of which each must be applied, or have been.
func wantApplied(t testing.TB, s *client.Source, events ...wire.Event) []wire.Result {
	t.Helper()
	results, err := s.Push(bounded(t), events...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Status == wire.Refused {
			t.Fatalf("event %d: %v", i, r.Error)
		}
	}
	return results
}

// readBoard reads a whole board of at most wire.MaxPage entries, as it is at
// the version or later.
func readBoard(t testing.TB, api *client.API, board string, version uint64) wire.BoardPage {
	t.Helper()
	page, err := api.Board(bounded(t), board, client.BoardQuery{Limit: wire.MaxPage, MinVersion: version})
	if err != nil {
		t.Fatal(err)
	}
	if page.Version < version {
		t.Errorf("board %s: version %d was read where at least %d was asked for", board, page.Version, version)
	}
	return page
}

// agreed waits until all nodes read a board at one version, and returns it.
// Each node has what it acknowledged; what the bus could not say of the others'
// is found within a second.
func agreed(t testing.TB, board string, nodes ...*client.Client) (version uint64) {
	t.Helper()
	until(t, patience, func() string {
		for i, n := range nodes {
			page := readBoard(t, n.API, board, 0)
			if i > 0 && page.Version != version {
				return fmt.Sprintf("board %s: node %d has version %d, those before it %d", board, i, page.Version, version)
			}
			version = page.Version
		}
		return ""
	})
	return version
}

// dialAll connects a client to every node.
func dialAll(c *harness.Cluster) (all []*client.Client) {
	for _, n := range c.Nodes {
		all = append(all, n.Dial())
	}
	return all
}

// set is an event that gives a member a score.
func set(member string, score float64) wire.Event {
	return wire.Event{Member: member, Op: wire.OpSet, Score: &score}
}

func incr(member string, by float64) wire.Event {
	return wire.Event{Member: member, Op: wire.OpIncr, Score: &by}
}

// codeOf is the code of a hub's refusal, "" of any other error.
func codeOf(err error) wire.Code {
	var no *wire.Error
	if errors.As(err, &no) {
		return no.Code
	}
	return ""
}

// until asks again and again until there is no complaint left.
func until(t testing.TB, limit time.Duration, ask func() string) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		complaint := ask()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still after %v: %s", limit, complaint)
		}
	}
}
