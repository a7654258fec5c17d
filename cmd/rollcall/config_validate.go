package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/hub/jwtauth"
	"rollcall/redisconn"
	"rollcall/wire"
)

// validate says everything that is wrong, by flag, and what is allowed.
func (f *serveFlags) validate() error {
	var c checker
	c.address("listen", f.Listen, f.withKeys() || f.Insecure)
	if f.NATSListen != "" {
		c.address("nats-listen", f.NATSListen, f.withKeys() || f.Insecure)
	}
	if f.MetricsListen != "" {
		c.address("metrics-listen", f.MetricsListen, true)
	}
	c.file("contest", f.Contest)
	c.file("participants", f.Participants)
	if f.Participants != "" && f.Contest == "" {
		c.fault("participants", "needs a --contest that they take part in")
	}
	if _, err := f.verifier(); err != nil {
		c.faults = append(c.faults, err)
	}
	c.atLeast("drain-delay", f.DrainDelay, 0)
	c.oneOf("anonymous", f.Anonymous, "none", "viewer")
	c.oneOf("log-level", f.LogLevel, "debug", "info", "warn", "error")
	c.oneOf("log-format", f.LogFormat, "text", "json")
	for _, origin := range f.Origin {
		c.origin(origin)
	}
	for i, proxy := range f.TrustedProxy {
		f.TrustedProxy[i] = c.network("trusted-proxy", proxy)
	}
	f.checkShared(&c)
	f.presenceFlags.check(&c)
	f.boardFlags.check(&c)
	f.ackFlags.check(&c)
	f.limitFlags.check(&c)
	return errors.Join(c.faults...)
}

// checkShared checks what makes a node one of many.
func (f *serveFlags) checkShared(c *checker) {
	c.name("redis-prefix", f.RedisPrefix)
	if f.Redis != "" {
		if _, err := redisconn.ParseAddress(f.Redis); err != nil {
			c.fault("redis", "%v", err)
		}
		if f.NATS == "" {
			c.fault("redis", "needs --nats: many nodes share one Redis, and without a bus what happens on one shows on the others only when they next look")
		}
	}
	if f.NATS == "" {
		return
	}
	if f.Redis == "" {
		c.fault("nats", "needs --redis: a node with a store of its own has nobody to talk to; for bots that speak NATS there is --nats-listen")
	}
	if err := checkNATS(f.NATS); err != nil {
		c.fault("nats", "%v", err)
	}
}

// checkNATS checks the addresses of servers, without showing a password.
func checkNATS(text string) error {
	for address := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || (u.Scheme != "nats" && u.Scheme != "tls") {
			return errors.New("must be nats://USER:PASSWORD@HOST:PORT or tls://…, several with commas between")
		}
	}
	return nil
}

// verifier reads the secret and the keys; nil if there are none.
func (f *serveFlags) verifier() (*jwtauth.Verifier, error) {
	if !f.withKeys() {
		return nil, nil
	}
	var cfg jwtauth.Config
	var err error
	if f.JWTHS256File != "" {
		if cfg.HS256Secret, err = jwtauth.LoadSecret(f.JWTHS256File); err != nil {
			return nil, fmt.Errorf("--jwt-hs256-file: %w", err)
		}
	}
	if f.APIKeyFile != "" {
		if cfg.APIKeys, err = jwtauth.LoadKeys(f.APIKeyFile); err != nil {
			return nil, fmt.Errorf("--api-key-file: %w", err)
		}
	}
	return jwtauth.New(cfg)
}

func (f *presenceFlags) check(c *checker) {
	c.positive("ping", f.Ping)
	c.positive("sweep", f.Sweep)
	c.positive("refresh", f.Refresh)
	c.atLeast("grace-going", f.GraceGoing, 0)
	c.atLeast("grace-broken", f.GraceBroken, 0)
	if f.ReadDeadline <= f.Ping+f.Ping/5 {
		c.fault("read-deadline", "is %v; it must be over 1.2 × --ping (%v), or living sessions are cut", f.ReadDeadline, f.Ping+f.Ping/5)
	}
	// So the pause between two sweeps that tells an outage from silence
	// (SweepGap) is over two sweeps, and with a beat before and a retry after it
	// under the threshold.
	if most := (f.Threshold - f.Refresh) * 2 / 5; f.Sweep > most && f.Threshold >= 2*f.Refresh {
		c.fault("sweep", "is %v; it must be at most 0.4 × (--threshold − --refresh) (%v), or an outage between two sweeps makes users leave", f.Sweep, most)
	}
	if f.Threshold < 2*f.Refresh {
		c.fault("threshold", "is %v; it must be at least 2 × --refresh (%v), or one lost beat makes users leave", f.Threshold, 2*f.Refresh)
	}
}

func (f *boardFlags) check(c *checker) {
	c.positive("id-window", f.IDWindow)
	c.count("id-limit", f.IDLimit, 1)
	c.positive("replica-keep", f.ReplicaKeep)
}

func (f *limitFlags) check(c *checker) {
	c.count("max-connections", f.MaxConnections, 0)
	c.count("max-connections-per-address", f.MaxConnectionsPerAddress, 1)
	c.count("max-connections-per-user", f.MaxConnectionsPerUser, 1)
	c.count("max-subscriptions", f.MaxSubscriptions, 1)
	c.count("max-messages", f.MaxMessages, 1)
	c.count("player-requests", f.PlayerRequests, 1)
	c.count("queue-depth", f.QueueDepth, embeddedBatch)
}

// checker gathers faults.
type checker struct{ faults []error }

func (c *checker) fault(flag, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("--%s %s", flag, fmt.Sprintf(format, args...)))
}

// address wants host:port, on loopback unless anywhere is allowed.
func (c *checker) address(flag, addr string, anywhere bool) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		c.fault(flag, "is %q; it must be HOST:PORT, as 127.0.0.1:8080", addr)
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		c.fault(flag, "is %q; the port must be 0 to 65535", addr)
	}
	if !anywhere && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		c.fault(flag, "is %q, beyond loopback, without keys: set --jwt-hs256-file or --api-key-file, or --insecure if everyone may be admin", addr)
	}
}

// file wants a readable regular file, or none.
func (c *checker) file(flag, path string) {
	if path == "" {
		return
	}
	f, err := os.Open(path)
	if err != nil {
		c.fault(flag, "cannot be read: %v", err)
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		c.fault(flag, "is %s, which is not a file", path)
	}
}

// origin wants what a browser sends: a scheme and a host, nothing else.
func (c *checker) origin(origin string) {
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Contains(u.Host, "*") || u.Scheme+"://"+u.Host != origin {
		c.fault("origin", "is %q; it must be http:// or https://, a host and perhaps a port, without a path or wildcard", origin)
	}
}

// network wants an address or a CIDR and returns it as a CIDR.
func (c *checker) network(flag, text string) string {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	if _, err := netip.ParsePrefix(text); err != nil {
		c.fault(flag, "is %q; it must be an address or a network, as 10.0.0.0/8", text)
	}
	return text
}

// name wants what may stand in a key of Redis.
func (c *checker) name(flag, text string) {
	if err := wire.CheckName(flag, text); err != nil {
		c.fault(flag, "is %q; it must be 1 to 64 letters, digits, _ or -", text)
	}
}

func (c *checker) oneOf(flag, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.fault(flag, "is %q; it must be one of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) positive(flag string, d time.Duration) {
	if d <= 0 {
		c.fault(flag, "is %v; it must be more than 0", d)
	}
}

func (c *checker) atLeast(flag string, d, least time.Duration) {
	if d < least {
		c.fault(flag, "is %v; it must be at least %v", d, least)
	}
}

func (c *checker) count(flag string, n, least int) {
	if n < least {
		c.fault(flag, "is %d; it must be at least %d", n, least)
	}
}
