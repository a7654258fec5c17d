package main

import (
	"cmp"
	"log/slog"
	"net/netip"
	"syscall"
	"time"

	"rollcall/contest"
	"rollcall/hub"
	"rollcall/presence"
	"rollcall/static"
)

// hubConfig is the hub that the flags ask for.
func hubConfig(f *serveFlags, s *stores, file *contest.File, log *slog.Logger) (hub.Config, error) {
	cfg := hub.Config{
		Node: s.node, Version: version(), Store: s.name, Bus: s.busName, Shared: s.shared, Limiter: s.rates, Journal: s.journal, Collectors: s.metrics, Logger: log, Static: static.Handler(),
		Insecure: f.Insecure, Anonymous: f.Anonymous == "viewer", Origins: f.Origin,
		Ping: f.Ping, ReadDeadline: f.ReadDeadline, ReplicaKeep: f.ReplicaKeep,
		BatchMax: s.batchMax, QueueDepth: f.QueueDepth,
		Presence: presence.Config{
			GraceGoing: orNone(f.GraceGoing), GraceBroken: orNone(f.GraceBroken), Refresh: f.Refresh, Sweep: f.Sweep, Log: log,
		},
		Limits: hub.Limits{
			Connections: f.MaxConnections, ConnectionsPerAddress: f.MaxConnectionsPerAddress,
			ConnectionsPerUser: f.MaxConnectionsPerUser, Subscriptions: f.MaxSubscriptions,
			Messages: float64(f.MaxMessages), PlayerRequests: f.PlayerRequests,
		},
	}
	if cfg.Limits.Connections == 0 {
		cfg.Limits.Connections = connectionsByFiles()
	}
	if err := f.ackFlags.levels(&cfg, s.boards.MaxLevel(), s.durable); err != nil {
		return cfg, err
	}
	log.Info("bots may forget events once this is proven of them", "durable", cmp.Or(string(cfg.Durable), "unknown"))
	if file != nil {
		cfg.Contest = file.Wire(time.Now())
	}
	for _, cidr := range f.TrustedProxy {
		cfg.Proxies = append(cfg.Proxies, netip.MustParsePrefix(cidr)) // validate has refused what is none
	}
	verifier, err := f.verifier()
	if verifier != nil {
		cfg.Auth = verifier
	}
	return cfg, err
}

// orNone turns the flag's 0, no grace, into the domain's, where 0 is the
// default.
func orNone(grace time.Duration) time.Duration {
	if grace == 0 {
		return -1
	}
	return grace
}

// connectionsByFiles leaves 256 descriptors for the store and the rest.
func connectionsByFiles() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil || lim.Cur > 1<<20 {
		return 1 << 20
	}
	return max(int(lim.Cur)-256, 64)
}
