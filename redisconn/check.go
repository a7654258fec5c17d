package redisconn

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Server is what Check found of one Redis that takes writes.
type Server struct {
	Addr     string
	Version  string
	Policy   string // maxmemory-policy
	AOF      string // appendfsync: always, everysec or no; "" = no append-only file, "unknown" = may not be asked
	Skips    bool   // no-appendfsync-on-rewrite: no fsync while a child writes
	Save     bool   // writes RDB snapshots
	Replicas int
}

// Durable is the level of acknowledgement that every one of the servers can
// prove: "replica" if each has so many replicas or more, else "disk" if each
// fsyncs before it answers, else "". Replicas go before the disk: they outlive
// the machine.
func Durable(servers []Server, replicas int) string {
	all := func(can func(Server) bool) bool {
		return len(servers) > 0 && !slices.ContainsFunc(servers, func(s Server) bool { return !can(s) })
	}
	switch {
	case all(func(s Server) bool { return s.Replicas >= replicas }):
		return "replica"
	case all(Server.fsyncs):
		return "disk"
	}
	return ""
}

// fsyncs reports whether the server answers a write only after its fsync.
func (s Server) fsyncs() bool { return s.AOF == "always" && !s.Skips }

// Survives says in words what an acknowledged write outlives.
func (s Server) Survives() string {
	var what string
	switch {
	case s.fsyncs():
		what = "a write survives a crash and a power cut"
	case s.AOF == "always":
		what = "a write survives a crash of Redis; a power cut during a rewrite loses what came since it began (no-appendfsync-on-rewrite)"
	case s.AOF == "everysec":
		what = "a write survives a crash of Redis; a power cut loses a second or more"
	case s.AOF == "no" || s.AOF == "unknown":
		what = "a write survives a crash of Redis; how much a power cut loses, the system decides"
	case s.Save:
		what = "a crash of Redis loses all writes since the last RDB snapshot"
	default:
		what = "nothing survives a restart of Redis"
	}
	if s.Replicas > 0 {
		return fmt.Sprintf("%s; %d replicas: a failover loses what they had not yet", what, s.Replicas)
	}
	return what + "; no replica: without this machine nothing is served"
}

func (s Server) String() string {
	aof := "no append-only file"
	if s.AOF != "" {
		aof = "appendfsync " + s.AOF
	}
	return fmt.Sprintf("redis %s at %s: %s, %s: %s", s.Version, s.Addr, s.Policy, aof, s.Survives())
}

// minMajor is the oldest Redis served: 7 has scripts that may be read-only and
// streams that trim by id.
const minMajor = 7

// Check asks every server that takes writes how it is set. The error names a
// server that cannot be used: too old, or told to evict keys, which would
// delete what keeps events from counting twice.
func Check(ctx context.Context, c Clients) ([]Server, error) {
	var mu sync.Mutex
	var servers []Server
	ask := func(ctx context.Context, one *redis.Client) error {
		s, err := inspect(ctx, one)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		servers = append(servers, s)
		return nil
	}
	var err error
	switch client := c.Read.(type) {
	case *redis.ClusterClient:
		err = client.ForEachMaster(ctx, ask)
	case *redis.Client:
		err = ask(ctx, client)
	default:
		return nil, fmt.Errorf("a client of type %T cannot be checked", client)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(servers, func(a, b Server) int { return strings.Compare(a.Addr, b.Addr) })
	for _, s := range servers {
		if err := s.fault(); err != nil {
			return servers, err
		}
	}
	return servers, nil
}

func (s Server) fault() error {
	major, _, _ := strings.Cut(s.Version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < minMajor {
		return fmt.Errorf("redis at %s is version %s; it must be at least %d", s.Addr, s.Version, minMajor)
	}
	if s.Policy != "noeviction" {
		return fmt.Errorf("redis at %s has maxmemory-policy %s; it must be noeviction, or a full memory deletes what keeps events from counting twice", s.Addr, s.Policy)
	}
	return nil
}

func inspect(ctx context.Context, c *redis.Client) (Server, error) {
	text, err := c.Info(ctx, "server", "memory", "persistence", "replication").Result()
	if err != nil {
		return Server{}, err
	}
	info := fields(text)
	s := Server{Addr: c.Options().Addr, Version: info["redis_version"], Policy: info["maxmemory_policy"]}
	if s.Replicas, err = strconv.Atoi(info["connected_slaves"]); err != nil {
		return Server{}, fmt.Errorf("redis at %s does not say how many replicas it has", s.Addr)
	}
	if info["aof_enabled"] == "1" {
		s.AOF = setting(ctx, c, "appendfsync", "unknown")
		s.Skips = setting(ctx, c, "no-appendfsync-on-rewrite", "no") != "no"
	}
	s.Save = setting(ctx, c, "save", "") != ""
	return s, nil
}

// setting asks for one setting; otherwise, where that is forbidden.
func setting(ctx context.Context, c *redis.Client, name, otherwise string) string {
	got, err := c.ConfigGet(ctx, name).Result()
	if err != nil {
		return otherwise
	}
	return got[name]
}

// fields reads the lines "name:value" of INFO.
func fields(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			all[name] = value
		}
	}
	return all
}
