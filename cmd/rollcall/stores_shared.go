package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/hub/natsbus"
	"rollcall/hub/redisrate"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/presence/redisroster"
	"rollcall/redisconn"
)

// redisWait is how long a node that starts waits for Redis to answer: services
// of one machine start together.
const redisWait = 15 * time.Second

// openShared opens what many nodes share: Redis and NATS.
func (s *stores) openShared(ctx context.Context, f *serveFlags, log *slog.Logger) error {
	address, err := redisconn.ParseAddress(f.Redis)
	if err != nil {
		return fmt.Errorf("--redis: %w", err)
	}
	s.shared, s.batchMax, s.node = true, redisboard.MaxBatch, uuid.NewString()
	s.name, s.busName = address.String(), "NATS"
	redisconn.LogTo(log)
	clients := redisconn.Open(address, redisconn.OnConnect(s.connected))
	s.closers = append(s.closers, func(context.Context) error { return clients.Close() })
	servers, err := awaitRedis(ctx, clients, log)
	if err != nil {
		return fmt.Errorf("--redis %s: %w", address, err)
	}
	s.durable = leaderboard.Level(redisconn.Durable(servers, f.AckReplicas))

	scripts := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "rollcall_script_seconds", Help: "Time of one call of a script in Redis, with the way there and back.",
		Buckets: prometheus.ExponentialBuckets(100e-6, 2, 14),
	}, []string{"script"})
	s.boards = redisboard.New(clients, redisboard.Config{
		Prefix: f.RedisPrefix, Logger: log, IDWindow: f.IDWindow, IDLimit: f.IDLimit,
		Replicas: f.AckReplicas, AckWait: f.AckWait,
		Observe: func(script string, took time.Duration, _ int) {
			scripts.WithLabelValues("board_" + script).Observe(took.Seconds())
		},
		Progress: func(board string, read, total int) {
			log.Debug("board being read", "board", board, "entries", read, "of", total)
		},
	})
	s.roster = redisroster.New(clients, redisroster.Config{
		Prefix: f.RedisPrefix, Threshold: f.Threshold, SweepGate: f.Sweep / 2, SweepGap: max(f.Threshold-2*f.Refresh, 2*f.Sweep),
		Observe: func(script string, took time.Duration) {
			scripts.WithLabelValues("roster_" + script).Observe(took.Seconds())
		},
	})
	s.rates = redisrate.New(clients, f.RedisPrefix, f.PlayerRequests)
	bus, err := natsbus.Connect(ctx, natsbus.BusConfig{
		URLs: []string{f.NATS}, Prefix: f.RedisPrefix + ".bus", Node: s.node, Log: log,
	})
	if err != nil {
		return fmt.Errorf("--nats: %w", err)
	}
	s.closers = append(s.closers, bus.Close)
	s.bus = bus
	s.metrics = []prometheus.Collector{scripts, busCollector{bus}}
	return nil
}

// awaitRedis waits until Redis answers and says what it promises; a Redis that
// answers but cannot be used is an error at once.
func awaitRedis(ctx context.Context, clients redisconn.Clients, log *slog.Logger) ([]redisconn.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	for said := false; ; said = true {
		servers, err := redisconn.Check(ctx, clients)
		for _, s := range servers {
			log.Info("store", "found", s.String())
		}
		if err == nil || len(servers) > 0 || !redisconn.Passing(err) {
			return servers, err
		}
		if !said {
			log.Warn("waiting for Redis", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}
