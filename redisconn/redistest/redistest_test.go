package redistest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

func TestServerKeepsItsAddressOverRestarts(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	c := s.Clients()
	if err := c.Write.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	s.Restart()
	if got := c.Read.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("after kill and restart k = %q; want v", got)
	}
}

func TestServersDoNotShareAPort(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 5 {
		s := redistest.Start(t)
		if seen[s.Addr] {
			t.Errorf("%s was given twice", s.Addr)
		}
		seen[s.Addr] = true
	}
}

func TestClusterServesEverySlot(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t)
	c := cluster.Clients()
	for i := range 300 {
		if err := c.Write.Set(t.Context(), fmt.Sprintf("k%d", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	total := int64(0)
	for _, n := range cluster.Nodes {
		size := n.Clients().Read.DBSize(t.Context()).Val()
		if size == 0 {
			t.Errorf("%s has no key", n.Addr)
		}
		total += size
	}
	if total != 300 {
		t.Errorf("the cluster has %d keys; want 300", total)
	}
	cluster.Nodes[0].Kill()
	cluster.Nodes[0].Restart()
	cluster.Wait()
	if err := c.Write.Set(t.Context(), "k0", "again", 0).Err(); err != nil {
		t.Error(err)
	}
}

func TestAReplicaTakesThePlaceOfItsPrimary(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartClusterWith(t, 1)
	c := cluster.Clients()
	shard := cluster.Shard("k")
	pipe := primaryOf(t, c, "k").Pipeline() // one connection: WAIT speaks of its own writes
	pipe.Set(t.Context(), "k", "v", 0)
	acks := pipe.Do(t.Context(), "WAIT", 1, 400)
	if _, err := pipe.Exec(t.Context()); err != nil || acks.Val() != int64(1) {
		t.Fatalf("%v replicas have the write, %v", acks.Val(), err)
	}
	if size := cluster.Nodes[shard].Clients().Read.DBSize(t.Context()).Val(); size != 1 {
		t.Errorf("the primary that k belongs to has %d keys", size)
	}
	cluster.Nodes[shard].Kill()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := c.Write.Set(context.Background(), "k2{k}", "v", 0).Err()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no write after a failover: %v", err)
		}
	}
	if got := c.Write.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("after the failover k = %q; want v", got)
	}
	cluster.Nodes[shard].Restart() // as a replica
	cluster.Wait()
}

func primaryOf(tb testing.TB, c redisconn.Clients, key string) *redis.Client {
	tb.Helper()
	one, err := c.Write.(*redis.ClusterClient).MasterForKey(tb.Context(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return one
}

func TestSentinelsReplaceAPrimary(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 2)
	c := set.Clients()
	pipe := c.Write.Pipeline() // one connection: WAIT speaks of its own writes
	pipe.Set(t.Context(), "k", "v", 0)
	acks := pipe.Do(t.Context(), "WAIT", 2, 400)
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := acks.Int(); n != 2 {
		t.Fatalf("%d replicas have the write; want 2", n)
	}
	old := set.Failover()
	if now := set.Primary(); now == old {
		t.Errorf("the primary is still %s", now.Addr)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := c.Write.Set(context.Background(), "k2", "v", 0).Err()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no write after a failover: %v", err)
		}
	}
	if got := c.Read.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("after the failover k = %q; want v", got)
	}
}
