package redisboard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// Each board has the replicas of its own shard: one that is stopped takes the
// proof from the boards there, and from no other.
func TestAReplicaIsThatOfTheBoardsShard(t *testing.T) {
	if testing.Short() {
		t.Skip("starts six servers")
	}
	cluster := redistest.StartClusterWith(t, 1)
	cfg := redisboard.Config{Prefix: newPrefix(), AckWait: 200 * time.Millisecond, Resend: 20 * time.Second}
	s := redisboard.New(cluster.Clients(), cfg)
	other := redisboard.New(cluster.Clients(), cfg)
	shards := map[string]int{}
	for i := range 9 {
		name := fmt.Sprint("b", i)
		mustPut(t, s, name, leaderboard.Rules{})
		shards[name] = cluster.Shard(cfg.Prefix + ":{b:" + name + "}:h")
		applyAt(t, s, leaderboard.LevelReplica, name, add("s", 1, "m", 1))
		wantOnceProven(t, s, leaderboard.LevelReplica, name, add("s", 1, "m", 1))
		wantOnceProven(t, other, leaderboard.LevelReplica, name, add("s", 1, "m", 1)) // its connections are there
	}
	const stopped = 1
	replica := cluster.Replicas[stopped][0]
	replica.Freeze()
	defer replica.Thaw()
	next := add("s", 2, "n", 1)
	there := 0
	for name, shard := range shards {
		out := applyAt(t, s, leaderboard.LevelReplica, name, next)
		again := applyAt(t, other, leaderboard.LevelReplica, name, next)
		if out.Results[0].Status != leaderboard.Applied || again.Results[0].Status != leaderboard.Duplicate {
			t.Errorf("%s: %+v, then %+v", name, out.Results[0], again.Results[0])
		}
		for _, proof := range []leaderboard.Proof{out.Proof, again.Proof} {
			if shard == stopped {
				there++
				wantProof(t, proof, leaderboard.LevelMemory, "0 of 1 replicas")
			} else if proof.Level != leaderboard.LevelReplica && proof.Short == "" {
				t.Errorf("%s: %+v", name, proof)
			} else {
				wantOnceProven(t, other, leaderboard.LevelReplica, name, next)
			}
		}
	}
	if there == 0 || there == 2*len(shards) {
		t.Fatalf("the boards are on %v: none, or all, where the replica is stopped", shards)
	}
	replica.Thaw()
	for name := range shards {
		wantOnceProven(t, other, leaderboard.LevelReplica, name, next)
	}

	// The replica takes over, the primary becomes its replica: whoever asks the
	// old one is sent on.
	admin := replica.Clients().Write
	if err := admin.Do(ctx, "CLUSTER", "FAILOVER").Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the replica takes over", func() bool {
		return strings.Contains(admin.Info(ctx, "replication").Val(), "role:master")
	})
	for name, shard := range shards {
		if shard != stopped {
			continue
		}
		last := add("s", 3, "o", 1)
		out := applyAt(t, s, leaderboard.LevelReplica, name, last)
		if res := out.Results[0]; *res.Score != 1 {
			t.Errorf("%s after the failover: %+v", name, res)
		}
		wantOnceProven(t, s, leaderboard.LevelReplica, name, last)
	}
}
