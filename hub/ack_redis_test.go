package hub_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// newReplicatedNode starts a node on a Redis with one replica.
func newReplicatedNode(t *testing.T, cfg hub.Config) (n *testNode, replica *redistest.Server) {
	t.Helper()
	primary := redistest.Start(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(primary.Addr)
	replica = redistest.Start(t, "--replicaof", host+" "+port)
	follows := func() bool {
		return strings.Contains(primary.Clients().Read.Info(context.Background(), "replication").Val(), "state=online")
	}
	for began := time.Now(); !follows(); {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the replica does not follow")
		}
	}
	store := redisboard.New(primary.Clients(), redisboard.Config{})
	cfg.Shared = true
	n = newHub(t, cfg, func(_ hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) { return store, r }).listen()
	t.Cleanup(replica.Thaw)
	return n, replica
}

func TestAFrozenReplicaOfRedisIsNoAck(t *testing.T) {
	n, replica := newReplicatedNode(t, hub.Config{})
	n.board("b", wire.Rules{Ack: wire.AckReplica})
	within(t, "the ack of a replica", func() bool { return n.push("b", incr("s", 1))[0].Ack == wire.AckReplica })
	replica.Freeze()
	res := n.push("b", incr("s", 2))
	wantAcks(t, res, "unavailable")
	if !strings.Contains(res[0].Error.Message, "0 of 1") {
		t.Errorf("says %q", res[0].Error.Message)
	}
	replica.Thaw()
	for began := time.Now(); ; {
		res := n.push("b", incr("s", 2))
		if res[0].Ack == wire.AckReplica && res[0].Status == wire.Duplicate && *res[0].Score == 2 {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("answered %+v once the replica is back", res[0])
		}
	}
}

func TestWatermarkWaitsForTheReplicaOfRedis(t *testing.T) {
	n, replica := newReplicatedNode(t, hub.Config{Durable: leaderboard.LevelReplica})
	n.board("b", wire.Rules{})
	bot := n.hello("bot")
	epoch := bot.score("", incr("s", 1))[0].Epoch
	wantStanding(t, bot.standing(), epoch, 1, "1")
	replica.Freeze()
	wantAcks(t, bot.score("", incr("s", 2)), "applied memory")
	var at wire.SourceState
	n.want(200, "GET", "/v1/boards/b/sources/s", nil, &at)
	if durableOf(at) != "1" || at.Seq != 2 {
		t.Errorf("standing %+v, durable %s, while the replica hangs", at, durableOf(at))
	}
	replica.Thaw()
	wantStanding(t, bot.standing(), epoch, 2, "2")
}
