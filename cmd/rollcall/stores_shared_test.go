package main

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/hub/natsbus/natstest"
	"rollcall/leaderboard"
	"rollcall/redisconn/redistest"
)

// sharedFlags are those of a node on these servers.
func sharedFlags(t testing.TB, redis *redistest.Server, nats *natstest.Server, more ...string) *serveFlags {
	t.Helper()
	return configure(t, append([]string{"--redis", redis.URL(), "--nats", nats.URL(), "--listen", "127.0.0.1:0"}, more...)...)
}

// logBuffer is what is logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestDurableIsWhatRedisProves(t *testing.T) {
	nats := natstest.Start(t, natstest.Config{})
	plain := redistest.Start(t, "--repl-diskless-sync-delay", "0")
	always := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	durable := func(redis *redistest.Server, more ...string) (leaderboard.Level, string) {
		t.Helper()
		f, text := sharedFlags(t, redis, nats, more...), &logBuffer{}
		log := slog.New(slog.NewTextHandler(text, nil))
		s, err := openStores(t.Context(), f, log)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.close(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		cfg, err := hubConfig(f, s, nil, log)
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Durable, text.String()
	}
	if got, text := durable(plain); got != "" || !strings.Contains(text, "durable=unknown") {
		t.Errorf("a Redis that proves nothing: %q, %s", got, text)
	}
	if got, text := durable(always); got != leaderboard.LevelDisk || !strings.Contains(text, "durable=disk") {
		t.Errorf("a Redis that fsyncs always: %q, %s", got, text)
	}
	host, port, _ := net.SplitHostPort(plain.Addr)
	redistest.Start(t, "--replicaof", host+" "+port)
	for began := time.Now(); ; {
		got, text := durable(plain)
		if got == leaderboard.LevelReplica && strings.Contains(text, "durable=replica") {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("a Redis with a replica: %q, %s", got, text)
		}
	}
	if got, _ := durable(plain, "--ack-replicas=2"); got != "" {
		t.Errorf("one replica where two are asked for: %q", got)
	}
	if got, _ := durable(plain, "--durable=none"); got != "" {
		t.Errorf("--durable none: %q", got)
	}
}

// Real Redis, real NATS, nodes as serve starts them: one that is restarted after
// Redis has lost everything does not show the contest from zero.
func TestRestartOnAnEmptiedRedisDoesNotMakeTheContestsBoardAnew(t *testing.T) {
	redis, nats := redistest.Start(t), natstest.Start(t, natstest.Config{})
	file := filepath.Join(t.TempDir(), "contest.yaml")
	if err := os.WriteFile(file, []byte("id: finals\ntitle: Finals\nstart: 2026-01-01T00:00:00Z\nduration: 5h\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() (*node, *logBuffer) {
		t.Helper()
		f, text := sharedFlags(t, redis, nats, "--contest", file), &logBuffer{}
		contest, err := f.contestFile()
		if err != nil {
			t.Fatal(err)
		}
		n, err := openNode(t.Context(), f, contest, slog.New(slog.NewTextHandler(text, nil)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.close() })
		return n, text
	}
	get := func(n *node, path string) int {
		t.Helper()
		res, err := http.Get(n.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	a, text := open()
	if get(a, "/v1/boards/finals") != http.StatusOK || !strings.Contains(text.String(), "level=WARN") {
		t.Errorf("the board of a new contest: %s", text)
	}
	if err := redis.Clients().Write.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	b, text := open()
	if !strings.Contains(text.String(), "not made anew") {
		t.Errorf("logged %s", text)
	}
	if ready, page := get(b, "/readyz"), get(b, "/v1/boards/finals"); ready != http.StatusServiceUnavailable || page != http.StatusServiceUnavailable {
		t.Errorf("readyz %d, the board %d", ready, page)
	}
	if page := get(a, "/v1/boards/finals"); page != http.StatusOK {
		t.Errorf("who knew the board shows %d", page)
	}
}
