package redisroster

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"rollcall/presence/rostertest"
	"rollcall/redisconn/redistest"
)

// TestClusterRoster runs the rules on three primaries, which also checks that
// the keys of each script are in one slot.
func TestClusterRoster(t *testing.T) {
	clients := newClients(t, redistest.StartCluster(t).Nodes...)
	rostertest.Rules(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
		r := newTestRoster(clients, Config{Now: clock.Now})
		tb.Cleanup(func() { wantConsistent(tb, r) })
		return r
	})
	t.Run("UnknownScriptsAreSentAgain", func(t *testing.T) {
		r := newTestRoster(clients, Config{})
		_, joins := halls(300)
		for range 2 {
			err := clients.Write.(*redis.ClusterClient).ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error {
				return c.ScriptFlush(ctx).Err()
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Join(t.Context(), "n1", joins); err != nil {
				t.Fatal(err)
			}
		}
		rooms, err := r.Rooms(t.Context())
		if err != nil || len(rooms) != 10 {
			t.Errorf("%d rooms, %v; want 10", len(rooms), err)
		}
	})
}
