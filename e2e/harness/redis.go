package harness

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/internal/testport"
	"rollcall/redisconn/redistest"
)

// Redis are servers that clients, replicas and sentinels reach through proxies
// alone, since each server is known by its proxy's address.
type Redis struct {
	URL     string              // for serve --redis
	Servers []*redistest.Server // Sentinel: the first began as primary; Cluster: the first three
	Links   []*Proxy            // to each server
	Watch   []*Proxy            // Sentinel: to each sentinel
	Bus     []*Proxy            // Cluster: to the port where its nodes meet

	tb testing.TB
}

const masterName = "rollcall"

// StartSentinel runs a primary with so many replicas and three sentinels, which
// replace a primary that says nothing for a second.
func StartSentinel(tb testing.TB, replicas int, args ...string) *Redis {
	tb.Helper()
	r := &Redis{tb: tb}
	for i := range replicas + 1 {
		announced := NewProxy(tb, "")
		more := []string{"--replica-announce-ip", "127.0.0.1", "--replica-announce-port", port(announced.Addr), "--repl-diskless-sync-delay", "0"}
		if i > 0 {
			more = append(more, "--replicaof", "127.0.0.1 "+port(r.Links[0].Addr))
		}
		s := redistest.Start(tb, append(more, args...)...)
		announced.Retarget(s.Addr)
		r.Servers, r.Links = append(r.Servers, s), append(r.Links, announced)
	}
	for i := range replicas {
		r.await(r.Servers[1+i].Addr, "link to its primary", "master_link_status:up", "INFO", "replication")
	}
	var sentinels []string
	for range 3 {
		sentinels = append(sentinels, r.startSentinel())
	}
	for _, w := range r.Watch {
		r.await(w.Addr, "sight of the others", fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=3", r.Links[0].Addr, replicas), "INFO", "sentinel")
	}
	r.URL = "redis-sentinel://" + strings.Join(sentinels, ",") + "/" + masterName
	return r
}

// startSentinel runs a sentinel until the test ends; it returns the address by
// which it is known.
func (r *Redis) startSentinel() string {
	r.tb.Helper()
	dir, p := r.tb.TempDir(), NewProxy(r.tb, "")
	own := testport.Take(r.tb)
	conf := filepath.Join(dir, "sentinel.conf")
	text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
logfile %s
sentinel announce-ip 127.0.0.1
sentinel announce-port %s
sentinel monitor %[5]s 127.0.0.1 %[6]s 2
sentinel down-after-milliseconds %[5]s 1000
sentinel failover-timeout %[5]s 5000
`, own, dir, filepath.Join(dir, "log"), port(p.Addr), masterName, port(r.Links[0].Addr))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		r.tb.Fatal(err)
	}
	cmd := exec.Command("redis-server", conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		r.tb.Fatalf("redis-server: %v (it is Debian's package redis-server)", err)
	}
	r.tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	p.Retarget(net.JoinHostPort("127.0.0.1", strconv.Itoa(own)))
	r.Watch = append(r.Watch, p)
	return p.Addr
}

// Primary is the index of the server that the sentinels name now; -1 while
// none of them can be asked.
func (r *Redis) Primary() int {
	for _, w := range r.Watch {
		reply, err := r.ask(w.Addr, "SENTINEL", "get-master-addr-by-name", masterName)
		parts, _ := reply.([]any)
		if err != nil || len(parts) != 2 {
			continue
		}
		addr := net.JoinHostPort(fmt.Sprint(parts[0]), fmt.Sprint(parts[1]))
		for i, l := range r.Links {
			if l.Addr == addr {
				return i
			}
		}
	}
	return -1
}

// StartRedisCluster runs three primaries, each with so many replicas.
func StartRedisCluster(tb testing.TB, replicas int, args ...string) *Redis {
	tb.Helper()
	r := &Redis{tb: tb}
	var addrs []string
	for range 3 * (1 + replicas) {
		p, bus := NewProxy(tb, ""), NewProxy(tb, "")
		s := redistest.Start(tb, append([]string{
			"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no",
			"--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", port(p.Addr), "--cluster-announce-bus-port", port(bus.Addr),
			"--repl-diskless-sync-delay", "0",
		}, args...)...)
		p.Retarget(s.Addr)
		own, _ := strconv.Atoi(port(s.Addr))
		bus.Retarget(net.JoinHostPort("127.0.0.1", strconv.Itoa(own+testport.Bus)))
		r.Servers, r.Links, r.Bus = append(r.Servers, s), append(r.Links, p), append(r.Bus, bus)
		addrs = append(addrs, p.Addr)
	}
	const slots = 16384
	for i, s := range r.Servers {
		r.must(s.Addr, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if i < 3 {
			r.must(s.Addr, "CLUSTER", "ADDSLOTSRANGE", i*slots/3, (i+1)*slots/3-1)
		}
		for j := range i {
			r.must(s.Addr, "CLUSTER", "MEET", "127.0.0.1", port(r.Links[j].Addr), port(r.Bus[j].Addr))
		}
	}
	r.settled()
	for i, s := range r.Servers[3:] {
		id, err := r.ask(r.Servers[i%3].Addr, "CLUSTER", "MYID")
		if err != nil {
			tb.Fatal(err)
		}
		r.must(s.Addr, "CLUSTER", "REPLICATE", id)
		r.await(s.Addr, "link to its primary", "master_link_status:up", "INFO", "replication")
	}
	r.settled()
	r.URL = "redis-cluster://" + strings.Join(addrs, ",")
	return r
}

// settled waits until every node sees every slot and every other node well.
func (r *Redis) settled() {
	r.tb.Helper()
	for _, s := range r.Servers {
		r.await(s.Addr, "a cluster that is well", fmt.Sprintf("cluster_known_nodes:%d\r", len(r.Servers)), "CLUSTER", "INFO")
		r.await(s.Addr, "every slot", "cluster_slots_ok:16384\r", "CLUSTER", "INFO")
		r.await(s.Addr, "cluster_state:ok", "cluster_state:ok", "CLUSTER", "INFO")
	}
}

func (r *Redis) must(addr string, args ...any) {
	r.tb.Helper()
	if _, err := r.ask(addr, args...); err != nil {
		r.tb.Fatalf("redis at %s: %v: %v", addr, args, err)
	}
}

// Ask sends a server itself a command, past its proxy.
func (r *Redis) Ask(i int, args ...any) (any, error) { return r.ask(r.Servers[i].Addr, args...) }

func (r *Redis) ask(addr string, args ...any) (any, error) { return AskRedis(addr, args...) }

// AskRedis sends a server at a host:port one command.
func AskRedis(addr string, args ...any) (any, error) {
	c := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1, ReadTimeout: time.Second})
	defer func() { _ = c.Close() }()
	return c.Do(context.Background(), args...).Result()
}

// await asks until the answer has the text.
func (r *Redis) await(addr, what, text string, args ...any) {
	r.tb.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		last, err := r.ask(addr, args...)
		if err == nil && strings.Contains(fmt.Sprint(last), text) {
			return
		}
		if time.Now().After(deadline) {
			r.tb.Fatalf("redis at %s: no %s: %v; it says\n%v", addr, what, err, last)
		}
	}
}

func port(addr string) string {
	_, p, _ := strings.Cut(addr, ":")
	return p
}
