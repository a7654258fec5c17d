package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/hub/jwtauth"
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
	c.oneOf("anonymous", f.Anonymous, "none", "viewer")
	c.oneOf("log-level", f.LogLevel, "debug", "info", "warn", "error")
	c.oneOf("log-format", f.LogFormat, "text", "json")
	for _, origin := range f.Origin {
		c.origin(origin)
	}
	f.presenceFlags.check(&c)
	f.boardFlags.check(&c)
	f.limitFlags.check(&c)
	return errors.Join(c.faults...)
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
