package natsbus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
	"rollcall/wire"
)

// Tokens of newServer's bots.
const (
	judgeToken  = "canary-judge"  // boards finals and warmup, source judge-1
	graderToken = "canary-grader" // every board
	viewerToken = "canary-viewer" // not a pusher
	nobodyToken = "canary-nobody" // a pusher of no board
)

func authenticate(token string) (hub.Principal, error) {
	switch token {
	case judgeToken:
		return hub.Principal{User: "judge", Roles: []hub.Role{hub.Pusher}, Boards: []string{"finals", "warmup"}, Source: "judge-1"}, nil
	case graderToken:
		return hub.Principal{User: "grader", Roles: []hub.Role{hub.Pusher}}, nil
	case viewerToken:
		return hub.Principal{User: "hall", Roles: []hub.Role{hub.Viewer}}, nil
	case nobodyToken:
		return hub.Principal{User: "nobody", Roles: []hub.Role{hub.Pusher}, Boards: []string{}}, nil
	}
	return hub.Principal{}, errors.New("unknown token")
}

// echo answers who pushed what where.
func echo(_ context.Context, who hub.Principal, board string, _ hub.Asked, body []byte) []byte {
	return []byte(who.User + " " + who.Source + " " + board + " " + string(body))
}

// newServer starts a server with the config's gaps filled for the test.
func newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Push == nil {
		cfg.Push = echo
	}
	s, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// bot is a client and the errors the server told it.
type bot struct {
	*nats.Conn
	errs chan error
}

// newBot connects as bots in the wild do: the library's defaults and a token.
func newBot(t testing.TB, s *Server, opts ...nats.Option) *bot {
	t.Helper()
	b := &bot{errs: make(chan error, 100)}
	opts = append(opts, nats.NoReconnect(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.errs <- err }))
	conn, err := nats.Connect("nats://"+s.Addr().String(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	b.Conn = conn
	return b
}

func (b *bot) push(t testing.TB, board, body string) string {
	t.Helper()
	msg, err := b.Request(PushPrefix+board, []byte(body), 5*time.Second)
	if err != nil {
		t.Fatalf("push to %s: %v", board, err)
	}
	return string(msg.Data)
}

// wantDenied waits for the server's permissions violation.
func (b *bot) wantDenied(t testing.TB) {
	t.Helper()
	select {
	case err := <-b.errs:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Fatalf("got %v, want a permissions violation", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was denied")
	}
}

func wantCode(t testing.TB, answer string, code wire.Code) {
	t.Helper()
	var f wire.Failure
	if err := json.Unmarshal([]byte(answer), &f); err != nil || f.Error == nil || f.Error.Code != code {
		t.Fatalf("answer %q, want error %s", answer, code)
	}
}

// newLog is a log that the test reads while the server writes.
func newLog() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var buf bytes.Buffer
	write := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return buf.Write(p)
	})
	read := func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
	return slog.New(slog.NewTextHandler(write, &slog.HandlerOptions{Level: slog.LevelDebug})), read
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
