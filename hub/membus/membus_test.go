package membus_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

// newNodes starts hubs that share one store and one roster, as nodes of one
// process, and returns their addresses.
func newNodes(t *testing.T, n int) []string {
	t.Helper()
	store, err := pebbleboard.Open(pebbleboard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	roster, err := memroster.New(t.Context(), memroster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := roster.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	bus := membus.New()
	urls := make([]string, n)
	for i := range urls {
		h := hub.New(hub.Config{}, store, roster, bus.Node())
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv := httptest.NewServer(h.Handler())
		t.Cleanup(func() { h.Close(); srv.Close() })
		urls[i] = srv.URL
	}
	return urls
}

func dial(t *testing.T, url, name string) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), url, client.Name(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestWhatOneNodeAppliesTheOthersShow(t *testing.T) {
	urls := newNodes(t, 3)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	one := dial(t, urls[0], "judge")
	if _, err := one.PutBoard(ctx, "b", wire.Rules{}); err != nil {
		t.Fatal(err)
	}
	score := 7.0
	for _, url := range urls[1:] {
		watcher := dial(t, url, "watcher")
		pushed := false
		for state, err := range watcher.WatchBoard(ctx, "b", client.BoardOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if !pushed { // the view is there: from now on only the bus can tell
				pushed = true
				score++
				if _, err := one.Push(ctx, "b", wire.Event{Member: "ann", Op: wire.OpSet, Score: &score}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if state.Entries[0].Score == score {
				break
			}
		}
	}
}

func TestWhoJoinsOnOneNodeIsSeenOnTheOthers(t *testing.T) {
	urls := newNodes(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	watcher := dial(t, urls[1], "watcher")
	joined := false
	for state, err := range watcher.WatchRoom(ctx, "r", client.RoomOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !joined {
			joined = true
			if err := dial(t, urls[0], "ann").Join(ctx, "r"); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if state.Count == 1 && state.Users[0].User == "ann" {
			return
		}
	}
	t.Fatal("ann was never seen")
}
