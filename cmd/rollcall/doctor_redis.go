package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// downAfter is the longest that Sentinel should wait before it replaces a
// primary: with 1 s writes are back after 2.5 s, by default only after 30 s.
const downAfter = 5 * time.Second

// redis examines every server that takes writes, and the Sentinels.
func (x *examination) redis(ctx context.Context, text string) {
	address, err := redisconn.ParseAddress(text)
	if err != nil {
		x.add(danger, "Redis", err.Error(), "--redis")
		return
	}
	clients := redisconn.Open(address)
	defer func() { _ = clients.Close() }()
	servers, err := redisconn.Check(ctx, clients)
	if err != nil {
		x.add(danger, "Redis", err.Error(), "")
	}
	primaries := lookAt(ctx, clients.Read, servers)
	for _, p := range primaries {
		x.server(p)
	}
	if len(primaries) > 0 {
		x.replication(primaries)
		x.levels(primaries)
	}
	if address.Kind == redisconn.Sentinel {
		x.sentinels(ctx, address)
	}
}

// server is what one Redis survives by itself.
func (x *examination) server(s primary) {
	who := "Redis at " + s.Addr
	switch {
	case s.fsyncs():
		x.add(survives, "crash and power cut of "+who, "acknowledged events are on its disk", "")
	case s.AOF == "always":
		x.add(loses, "power cut of "+who, "during a rewrite what came since it began is lost", "no-appendfsync-on-rewrite no")
	case s.AOF == "unknown":
		x.add(loses, "power cut of "+who, "unknown: CONFIG GET is not allowed", "appendfsync always, or acks of level replica")
	case s.AOF != "":
		x.add(survives, "crash of "+who, "what it has written is there again", "")
		x.add(loses, "power cut of "+who, "a second or more of acknowledged events (appendfsync "+s.AOF+")", "appendfsync always, or acks of level replica")
	default:
		x.add(danger, "restart of "+who, "boards are gone, or as old as the last snapshot", "appendonly yes")
	}
	if s.Skips && s.AOF != "always" {
		x.add(loses, "power cut of "+who+" during a rewrite", "what came since the rewrite began, minutes perhaps", "no-appendfsync-on-rewrite no")
	}
	if s.begins {
		x.add(danger, "restart of "+who+" now", "its append-only file was turned on while it runs and keeps nothing until it is written for the first time", "wait for aof_base_size above 0; write appendonly yes into its configuration too")
	}
	if s.fails != "" {
		x.add(danger, "disk of "+who, "its last write failed: "+s.fails, "space, or another disk")
	}
	if s.maxMemory == 0 {
		x.add(loses, "full memory of the machine of "+who, "the system may end it: maxmemory is not set", "maxmemory, so that it refuses events before that; half of the machine's if it rewrites or has replicas")
	}
	if s.Replicas == 0 {
		x.add(loses, "loss of the machine of "+who, "all of it: no replica is connected", "a replica on another machine, and Sentinel or Cluster")
	}
}

// replication is what a failover survives.
func (x *examination) replication(primaries []primary) {
	for _, p := range primaries {
		if p.Replicas == 0 {
			return // has been said
		}
	}
	x.add(survives, "failover", "events acknowledged at level replica; at level memory or disk the SDK sends again what was forgotten", "--ack replica, where losing a bot and the primary at once must not cost events")
	for _, p := range primaries {
		what := "cut of " + p.Addr + " from its replicas"
		switch {
		case p.minReplicas < 0:
			x.add(loses, what, "unknown: CONFIG GET is not allowed", "min-replicas-to-write 1, min-replicas-max-lag 2")
		case p.minReplicas == 0:
			x.add(loses, what, "it goes on taking events that nobody will have", "min-replicas-to-write 1, min-replicas-max-lag 2")
		case p.minReplicas > p.Replicas:
			x.add(danger, what, fmt.Sprintf("it has %d replicas and takes no events: min-replicas-to-write is %d", p.Replicas, p.minReplicas), "more replicas, or min-replicas-to-write 1")
		default:
			x.add(survives, what, fmt.Sprintf("it stops taking events (min-replicas-to-write %d)", p.minReplicas), "")
		}
	}
}

// sentinels asks each how soon it replaces the primary.
func (x *examination) sentinels(ctx context.Context, a redisconn.Address) {
	there := 0
	for _, host := range a.Hosts {
		c := redis.NewSentinelClient(&redis.Options{Addr: host, Username: a.SentinelUser, Password: a.SentinelPassword, MaxRetries: -1, DialTimeout: 2 * time.Second, ReadTimeout: 2 * time.Second})
		set, err := c.Master(ctx, a.Master).Result()
		_ = c.Close()
		if err != nil {
			x.add(loses, "Sentinel at "+host, "does not answer: "+err.Error(), "")
			continue
		}
		there++
		ms, _ := strconv.Atoi(set["down-after-milliseconds"])
		if after := time.Duration(ms) * time.Millisecond; after > downAfter {
			x.add(loses, "crash of the primary", fmt.Sprintf("Sentinel at %s waits %v before it replaces it: nothing is taken so long", host, after), "down-after-milliseconds 1000")
		}
	}
	if there < 3 {
		x.add(danger, "crash of a Sentinel with the primary", fmt.Sprintf("%d Sentinels answer; a majority of three must, to replace a primary", there), "three Sentinels on three machines")
	}
}
