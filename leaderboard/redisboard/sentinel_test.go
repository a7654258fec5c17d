package redisboard_test

import (
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

func TestASenderGoesOnAfterAFailover(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Sentinel set")
	}
	set := redistest.StartSentinel(t, 1)
	clients := set.Clients()
	s := redisboard.New(clients, redisboard.Config{Resend: 30 * time.Second})
	mustPut(t, s, board, leaderboard.Rules{})
	before := mustApply(t, s, add("s", 1, "m", 1), add("s", 2, "m", 1))
	for deadline := time.Now().Add(20 * time.Second); ; { // until the replica has them
		conn := clients.Write
		pipe := conn.Pipeline()
		pipe.Set(ctx, "mark", 1, 0)
		wait := pipe.Do(ctx, "WAIT", 1, 400)
		if _, err := pipe.Exec(ctx); err == nil && wait.Val() == int64(1) {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the replica does not follow: %v", err)
		}
	}
	set.Failover()
	out := mustApply(t, s, add("s", 2, "m", 1), add("s", 3, "m", 1))
	if out.Results[0].Status != leaderboard.Duplicate || *out.Results[1].Score != 3 {
		t.Errorf("after the failover: %+v", out.Results)
	}
	deltas, err := s.Changes(ctx, board, before.Head)
	if err != nil || len(deltas) != 1 || deltas[0].Head() != out.Head {
		t.Errorf("changes after the failover: %+v, %v", deltas, err)
	}
}
