package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

const (
	sentinelConf = "sentinel.conf"
	masterName   = "rollcall"
)

// Sentinel is a primary with replicas that three sentinels watch. A primary
// that says nothing for a second is replaced.
type Sentinel struct {
	Servers   []*Server // the primary and its replicas
	Sentinels []*Server
	tb        testing.TB
}

// StartSentinel runs a primary with so many replicas, which have its data, and
// three sentinels that know them all; args are more options of each server.
func StartSentinel(tb testing.TB, replicas int, args ...string) *Sentinel {
	tb.Helper()
	s := &Sentinel{tb: tb}
	primary := Start(tb, args...)
	s.Servers = append(s.Servers, primary)
	host, port, _ := net.SplitHostPort(primary.Addr)
	for range replicas {
		s.Servers = append(s.Servers, Start(tb, append([]string{"--replicaof", host + " " + port, "--repl-diskless-sync-delay", "0"}, args...)...))
	}
	for _, replica := range s.Servers[1:] {
		replica.await("link to its primary", linked)
	}
	for range 3 {
		s.Sentinels = append(s.Sentinels, startSentinel(tb, host, port))
	}
	for _, one := range s.Sentinels {
		one.await("sight of the others", func(c *redis.Client) (string, bool) {
			info := c.Info(context.Background(), "sentinel").Val()
			return info, strings.Contains(info, fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=3", primary.Addr, replicas))
		})
	}
	return s
}

func startSentinel(tb testing.TB, host, port string) *Server {
	tb.Helper()
	s := newServer(tb)
	conf := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 5000\n",
		masterName, host, port)
	if err := os.WriteFile(filepath.Join(s.dir, sentinelConf), []byte(conf), 0o600); err != nil {
		tb.Fatal(err)
	}
	s.Restart()
	return s
}

// Primary is the server that the sentinels name now.
func (s *Sentinel) Primary() *Server {
	s.tb.Helper()
	var found *Server
	s.Sentinels[0].await("primary", func(c *redis.Client) (string, bool) {
		found = s.named(c)
		return "", found != nil
	})
	return found
}

func (s *Sentinel) named(c *redis.Client) *Server {
	reply, _ := c.Do(context.Background(), "SENTINEL", "get-master-addr-by-name", masterName).StringSlice()
	for _, one := range s.Servers {
		if len(reply) == 2 && one.Addr == net.JoinHostPort(reply[0], reply[1]) {
			return one
		}
	}
	return nil
}

// Failover kills the primary as kill -9 does and waits until the sentinels
// agree on another, which is a primary indeed. It returns the one that died.
func (s *Sentinel) Failover() *Server {
	s.tb.Helper()
	old := s.Primary()
	old.Kill()
	var next *Server
	for _, one := range s.Sentinels {
		one.await("another primary", func(c *redis.Client) (string, bool) {
			next = s.named(c)
			return c.Info(context.Background(), "sentinel").Val(), next != nil && next != old
		})
	}
	next.await("role:master", func(c *redis.Client) (string, bool) {
		info := c.Info(context.Background(), "replication").Val()
		return info, strings.Contains(info, "role:master")
	})
	return old
}

// URL is the set's address for redisconn and serve --redis.
func (s *Sentinel) URL() string { return "redis-sentinel://" + addrs(s.Sentinels) + "/" + masterName }

// Clients opens clients that are closed with the test.
func (s *Sentinel) Clients() redisconn.Clients {
	s.tb.Helper()
	return Open(s.tb, s.URL())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
