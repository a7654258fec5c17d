package redistest

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// slots is how many hash slots a Redis Cluster has.
const slots = 16384

// Cluster is a Redis Cluster of three primaries. Without replicas the slots of
// one that is down answer CLUSTERDOWN, the others go on; with replicas one of its
// own takes its place, two to four seconds later.
type Cluster struct {
	Nodes    []*Server   // the primaries, as they were at the start
	Replicas [][]*Server // those of each
	tb       testing.TB
}

// StartCluster runs a cluster that has all its slots and no replicas; args are
// more options of each server. It takes two to four seconds.
func StartCluster(tb testing.TB, args ...string) *Cluster {
	tb.Helper()
	return StartClusterWith(tb, 0, args...)
}

// StartClusterWith runs a cluster with so many replicas of each primary, which
// have its data.
func StartClusterWith(tb testing.TB, replicas int, args ...string) *Cluster {
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
			n.meet(other)
		}
	}
	c.Wait()
	for _, n := range c.Nodes {
		var own []*Server
		for range replicas {
			own = append(own, startReplica(tb, n, args))
		}
		c.Replicas = append(c.Replicas, own)
	}
	for i, own := range c.Replicas {
		c.awaitReplicas(c.Nodes[i], own)
	}
	return c
}

// startReplica runs a server that joins the cluster as a replica of n.
func startReplica(tb testing.TB, n *Server, args []string) *Server {
	tb.Helper()
	r := Start(tb, append([]string{"--repl-diskless-sync-delay", "0"}, args...)...)
	r.meet(n)
	id := n.ask("CLUSTER", "MYID")
	r.await("sight of its primary", func(c *redis.Client) (string, bool) {
		err := c.Do(context.Background(), "CLUSTER", "REPLICATE", id).Err()
		return fmt.Sprint(err), err == nil
	})
	return r
}

// awaitReplicas waits until the replicas follow and all primaries know of them.
func (c *Cluster) awaitReplicas(primary *Server, replicas []*Server) {
	c.tb.Helper()
	for _, r := range replicas {
		r.await("link to its primary", linked)
		id := r.ask("CLUSTER", "MYID")
		for _, n := range c.Nodes {
			n.await("sight of the replicas", func(cl *redis.Client) (string, bool) {
				nodes := cl.ClusterNodes(context.Background()).Val()
				for line := range strings.Lines(nodes) {
					if strings.HasPrefix(line, id) && strings.Contains(line, " slave ") {
						return "", true
					}
				}
				return nodes, false
			})
		}
	}
	primary.await("replicas", func(cl *redis.Client) (string, bool) {
		info := cl.Info(context.Background(), "replication").Val()
		return info, strings.Count(info, "state=online") == len(replicas)
	})
}

// linked is for await: a replica that has its primary's data.
func linked(c *redis.Client) (string, bool) {
	info := c.Info(context.Background(), "replication").Val()
	return info, strings.Contains(info, "master_link_status:up")
}

// Shard is the index in Nodes of the primary that a key belonged to at the start.
func (c *Cluster) Shard(key string) int {
	c.tb.Helper()
	slot, err := strconv.Atoi(c.Nodes[0].ask("CLUSTER", "KEYSLOT", key))
	if err != nil {
		c.tb.Fatal(err)
	}
	for i := range c.Nodes {
		if slot < (i+1)*slots/len(c.Nodes) {
			return i
		}
	}
	return -1 // there are no more slots
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

func (s *Server) meet(other *Server) {
	s.tb.Helper()
	host, port, _ := net.SplitHostPort(other.Addr)
	s.must("CLUSTER", "MEET", host, port)
}

// must sends the server itself a command.
func (s *Server) must(args ...any) {
	s.tb.Helper()
	s.ask(args...)
}

// ask sends the server itself a command and returns its answer as text.
func (s *Server) ask(args ...any) string {
	s.tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr})
	defer func() { _ = c.Close() }()
	v, err := c.Do(context.Background(), args...).Result()
	if err != nil {
		s.tb.Fatalf("redis-server at %s: %v: %v", s.Addr, args, err)
	}
	return fmt.Sprint(v)
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
