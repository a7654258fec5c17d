package main

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// primary is a Redis that takes writes, and what only the doctor asks of it.
type primary struct {
	redisconn.Server
	maxMemory   int    // bytes; 0 = no limit, -1 = may not be asked
	minReplicas int    // min-replicas-to-write; -1 = may not be asked
	begins      bool   // the append-only file is not there yet: it was turned on at run time
	fails       string // what it says of writes to its disk that fail
}

// fsyncs reports whether it answers a write only after its fsync.
func (p primary) fsyncs() bool { return p.AOF == "always" && !p.Skips }

// lookAt asks each server. One that does not answer any more is as Check found
// it.
func lookAt(ctx context.Context, client redis.UniversalClient, servers []redisconn.Server) []primary {
	all := make([]primary, 0, len(servers))
	for _, s := range servers {
		all = append(all, primary{Server: s, maxMemory: -1, minReplicas: -1})
	}
	var mu sync.Mutex
	ask := func(ctx context.Context, one *redis.Client) error {
		got := primary{maxMemory: setting(ctx, one, "maxmemory"), minReplicas: setting(ctx, one, "min-replicas-to-write")}
		got.persistence(one.Info(ctx, "persistence").Val())
		mu.Lock()
		defer mu.Unlock()
		for i := range all {
			if all[i].Addr == one.Options().Addr {
				got.Server = all[i].Server
				all[i] = got
			}
		}
		return nil
	}
	switch c := client.(type) {
	case *redis.ClusterClient:
		_ = c.ForEachMaster(ctx, ask)
	case *redis.Client:
		_ = ask(ctx, c)
	}
	return all
}

// setting is a number of the configuration, -1 if it may not be asked.
func setting(ctx context.Context, c *redis.Client, name string) int {
	got, err := c.ConfigGet(ctx, name).Result()
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(got[name])
	if err != nil {
		return -1
	}
	return n
}

// persistence reads INFO persistence. A file that was turned on at run time has
// no base until its first rewrite is done.
func (p *primary) persistence(info string) {
	set := map[string]string{}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		set[name] = value
	}
	p.begins = set["aof_enabled"] == "1" && set["aof_base_size"] == "0" && (set["aof_rewrite_in_progress"] == "1" || set["aof_rewrite_scheduled"] == "1")
	for _, name := range []string{"aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"} {
		if status := set[name]; status != "" && status != "ok" {
			p.fails = name + " " + status
		}
	}
}
