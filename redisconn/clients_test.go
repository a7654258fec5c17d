package redisconn_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

// newHeard opens clients that count their connections.
func newHeard(t *testing.T, url string) (c redisconn.Clients, heard *atomic.Int32) {
	t.Helper()
	a, err := redisconn.ParseAddress(url)
	if err != nil {
		t.Fatal(err)
	}
	heard = new(atomic.Int32)
	c = redisconn.Open(a, redisconn.OnConnect(func() { heard.Add(1) }))
	t.Cleanup(func() { _ = c.Close() })
	return c, heard
}

// wantHeard calls until the server answers; then the connection must have been
// told of.
func wantHeard(t *testing.T, what string, c redis.UniversalClient, heard *atomic.Int32) {
	t.Helper()
	before := heard.Load()
	for deadline := time.Now().Add(20 * time.Second); c.Ping(context.Background()).Err() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: no answer", what)
		}
	}
	if heard.Load() == before {
		t.Errorf("%s: nobody was told of the new connection", what)
	}
}

func TestEveryNewConnectionIsToldOf(t *testing.T) {
	server := redistest.Start(t)
	c, heard := newHeard(t, server.URL())
	wantHeard(t, "write", c.Write, heard)
	wantHeard(t, "read", c.Read, heard)
	wantHeard(t, "wait", c.Wait, heard)
	server.Kill()
	server.Restart()
	wantHeard(t, "after a restart", c.Write, heard)
}

func TestEveryNewConnectionOfAClusterIsToldOf(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three servers")
	}
	cluster := redistest.StartCluster(t)
	c, heard := newHeard(t, cluster.URL())
	shards := map[int]bool{}
	for key := 'a'; len(shards) < len(cluster.Nodes); key++ {
		if err := c.Write.Set(t.Context(), string(key), "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		shards[cluster.Shard(string(key))] = true
	}
	if n := heard.Load(); int(n) < len(cluster.Nodes) {
		t.Errorf("told of %d connections to %d servers", n, len(cluster.Nodes))
	}
}

func TestSentinelsMayAskForAPassword(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Sentinel set")
	}
	set := redistest.StartSentinel(t, 1)
	for _, one := range set.Sentinels {
		admin := redis.NewClient(&redis.Options{Addr: one.Addr})
		if err := admin.Do(t.Context(), "ACL", "SETUSER", "default", "resetpass", ">s3:c@t").Err(); err != nil {
			t.Fatal(err)
		}
		if err := admin.Do(t.Context(), "ACL", "SETUSER", "hub", "on", ">s3:c@t", "+@all").Err(); err != nil {
			t.Fatal(err)
		}
		_ = admin.Close()
	}
	for query, ok := range map[string]bool{"": false, "?sentinel=:wrong": false, "?sentinel=:s3%3Ac%40t": true, "?sentinel=hub:s3%3Ac%40t": true} {
		c, heard := newHeard(t, set.URL()+query)
		if err := c.Write.Set(t.Context(), "k", "v", 0).Err(); (err == nil) != ok {
			t.Errorf("%q: %v", query, err)
		}
		if ok && heard.Load() == 0 {
			t.Errorf("%q: nobody was told of the connection", query)
		}
	}
}
