package harness

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/internal/testport"
)

// Hub is a `rollcall serve` on loopback with a data directory of its own. It
// keeps its address over restarts, so that clients find it again.
type Hub struct {
	*Process
	URL  string // http://127.0.0.1:port
	NATS string // nats://127.0.0.1:port, with --nats-listen
	Dir  string // the data directory; "" = what it knows is in Redis

	tb     testing.TB
	flags  []string
	binary Binary // "" = the program as it is
}

// Start starts a hub on an empty data directory and waits until it is ready.
func Start(tb testing.TB, flags ...string) *Hub {
	tb.Helper()
	h := &Hub{tb: tb, Dir: tb.TempDir(), flags: flags}
	h.start(free(tb))
	return h
}

// StartNode starts a hub whose flags name its store.
func StartNode(tb testing.TB, flags ...string) *Hub {
	tb.Helper()
	return Binary("").startNode(tb, flags)
}

// Start is the func Start with this program.
func (b Binary) Start(tb testing.TB, flags ...string) *Hub {
	tb.Helper()
	h := &Hub{tb: tb, Dir: tb.TempDir(), flags: flags, binary: b}
	h.start(free(tb))
	return h
}

func (b Binary) startNode(tb testing.TB, flags []string) *Hub {
	tb.Helper()
	h := &Hub{tb: tb, flags: flags, binary: b}
	h.start(free(tb))
	return h
}

// Restart starts the hub again, which must have ended, at the address it had.
func (h *Hub) Restart() {
	tb := h.tb
	tb.Helper()
	u, err := url.Parse(h.URL)
	if err != nil {
		tb.Fatal(err)
	}
	h.start(u.Host)
}

func free(tb testing.TB) string {
	tb.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(testport.Take(tb)))
}

func (h *Hub) start(addr string) {
	h.tb.Helper()
	args := []string{"serve", "--listen", addr}
	if h.Dir != "" {
		args = append(args, "--data", h.Dir)
	}
	h.Process = runBinary(h.tb, cmp.Or(string(h.binary), hubBinary), append(args, h.flags...))
	page := h.Line("participants")
	if page == "" {
		h.tb.Fatalf("the hub ended with %d: %s", h.Exit(), h.Stderr())
	}
	h.URL = strings.TrimSuffix(page, "/")
	h.wantReady()
	if slices.Contains(h.flags, "--nats-listen") {
		h.NATS = h.Line("NATS")
	}
}

// wantReady checks that a hub that has told its address is ready: it is warm
// before it listens.
func (h *Hub) wantReady() {
	h.tb.Helper()
	res, err := http.Get(h.URL + "/readyz")
	if err != nil {
		h.tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		h.tb.Fatalf("readyz: %s", res.Status)
	}
}

// Stop ends the hub with SIGTERM, which must succeed, and returns how long it
// took.
func (h *Hub) Stop() time.Duration {
	h.tb.Helper()
	begin := time.Now()
	h.Signal(syscall.SIGTERM)
	if code := h.Exit(); code != 0 {
		h.tb.Fatalf("stopped with exit code %d", code)
	}
	return time.Since(begin)
}

// Dial connects a client that comes back quickly. It is closed with the test.
func (h *Hub) Dial(opts ...client.Option) *client.Client {
	h.tb.Helper()
	return dial(h.tb, h.URL, opts)
}

func dial(tb testing.TB, url string, opts []client.Option) *client.Client {
	tb.Helper()
	c, err := client.Dial(tb.Context(), url, append([]client.Option{client.Backoff(20*time.Millisecond, 200*time.Millisecond)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}
