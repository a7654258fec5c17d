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
	for _, s := range servers {
		x.server(s)
	}
	if len(servers) > 0 {
		x.replication(ctx, clients.Read, servers)
	}
	if address.Kind == redisconn.Sentinel {
		x.sentinels(ctx, address)
	}
}

// server is what one Redis survives by itself.
func (x *examination) server(s redisconn.Server) {
	who := "Redis at " + s.Addr
	switch {
	case s.AOF == "always" && !s.Skips:
		x.add(survives, "crash and power cut of "+who, "acknowledged events are on its disk", "")
	case s.AOF == "always":
		x.add(loses, "power cut of "+who, "during a rewrite what came since it began is lost", "no-appendfsync-on-rewrite no")
	case s.AOF != "":
		x.add(survives, "crash of "+who, "what it has written is there again", "")
		x.add(loses, "power cut of "+who, "a second or more of acknowledged events (appendfsync "+s.AOF+")", "appendfsync always, or acks of level replica")
	default:
		x.add(danger, "restart of "+who, "boards are gone, or as old as the last snapshot", "appendonly yes")
	}
	if s.Replicas == 0 {
		x.add(loses, "loss of the machine of "+who, "all of it: no replica is connected", "a replica on another machine, and Sentinel or Cluster")
	}
}

// replication is what a failover survives.
func (x *examination) replication(ctx context.Context, client redis.UniversalClient, servers []redisconn.Server) {
	for _, s := range servers {
		if s.Replicas == 0 {
			return // has been said
		}
	}
	x.add(survives, "failover", "events acknowledged at level replica; at level memory or disk the SDK sends again what was forgotten", "--ack replica, where losing a bot and the primary at once must not cost events")
	least := func(name string) (n int, known bool) {
		n = -1
		ask := func(ctx context.Context, one *redis.Client) error {
			got, err := one.ConfigGet(ctx, name).Result()
			if err != nil {
				return err
			}
			value, err := strconv.Atoi(got[name])
			if n < 0 || value < n {
				n = value
			}
			return err
		}
		var err error
		switch c := client.(type) {
		case *redis.ClusterClient:
			err = c.ForEachMaster(ctx, ask)
		case *redis.Client:
			err = ask(ctx, c)
		}
		return n, err == nil && n >= 0
	}
	switch n, known := least("min-replicas-to-write"); {
	case !known:
		x.add(loses, "primary cut off from its replicas", "unknown: CONFIG GET is not allowed", "min-replicas-to-write 1, min-replicas-max-lag 2")
	case n == 0:
		x.add(loses, "primary cut off from its replicas", "it goes on taking events that nobody will have", "min-replicas-to-write 1, min-replicas-max-lag 2")
	default:
		x.add(survives, "primary cut off from its replicas", fmt.Sprintf("it stops taking events (min-replicas-to-write %d)", n), "")
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
