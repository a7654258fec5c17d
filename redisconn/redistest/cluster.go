package redistest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// slots is how many hash slots a Redis Cluster has.
const slots = 16384

// Cluster is a Redis Cluster of three primaries without replicas: the slots of
// one that is down answer CLUSTERDOWN, the others go on.
type Cluster struct {
	Nodes []*Server
	tb    testing.TB
}

// StartCluster runs a cluster that has all its slots; args are more options of
// each server. It takes two to four seconds.
func StartCluster(tb testing.TB, args ...string) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb}
	args = append([]string{
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no",
	}, args...)
	for range 3 {
		c.Nodes = append(c.Nodes, Start(tb, args...))
	}
	for i, n := range c.Nodes {
		n.must("CLUSTER", "SET-CONFIG-EPOCH", i+1)
		n.must("CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
		for _, other := range c.Nodes[:i] {
			host, port, _ := net.SplitHostPort(other.Addr)
			n.must("CLUSTER", "MEET", host, port)
		}
	}
	c.Wait()
	return c
}

// Wait waits until every node sees the whole cluster well.
func (c *Cluster) Wait() {
	c.tb.Helper()
	for _, n := range c.Nodes {
		n.await("cluster_state:ok", func(cl *redis.Client) (string, bool) {
			info := cl.ClusterInfo(context.Background()).Val()
			return info, strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d\r", slots)) &&
				strings.Contains(info, "cluster_size:3\r")
		})
	}
}

// URL is the cluster's address for redisconn and serve --redis.
func (c *Cluster) URL() string { return "redis-cluster://" + addrs(c.Nodes) }

// Clients opens clients that are closed with the test.
func (c *Cluster) Clients() redisconn.Clients {
	c.tb.Helper()
	return Open(c.tb, c.URL())
}

func addrs(servers []*Server) string {
	var a []string
	for _, s := range servers {
		a = append(a, s.Addr)
	}
	return strings.Join(a, ",")
}

// must sends the server itself a command.
func (s *Server) must(args ...any) {
	s.tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer func() { _ = c.Close() }()
	if err := c.Do(context.Background(), args...).Err(); err != nil {
		s.tb.Fatalf("redis-server at %s: %v: %v", s.Addr, args, err)
	}
}

// await asks the server until the answer is well.
func (s *Server) await(what string, look func(*redis.Client) (string, bool)) {
	s.tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer func() { _ = c.Close() }()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		last, ok := look(c)
		if ok {
			return
		}
		if time.Now().After(deadline) {
			s.tb.Fatalf("redis-server at %s: no %s; it says\n%s", s.Addr, what, last)
		}
	}
}
