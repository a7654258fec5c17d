package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestGracefulStop: sessions are told to come back, what was acknowledged is
// there after the next start, and all of it is over within seconds.
func TestGracefulStop(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "numbered", wire.Rules{})
	src := newSource(t, c, "numbered", "bot")
	bot := newFilling(t, "numbered", src.Push)
	session := dialRaw(t, hub)
	for n := 0; n < 50; n, _ = bot.acknowledged() {
		bot.beat()
		if _, err := c.SourceState(bounded(t), "numbered", "bot"); err != nil {
			t.Fatal(err)
		}
	}

	hub.Signal(syscall.SIGTERM)
	begin := time.Now()
	wantRestartClose(t, session)
	if code := hub.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	took := time.Since(begin)
	t.Logf("stopped in %v", took.Round(time.Millisecond))
	if took > 8*time.Second {
		t.Error("that is more than a few seconds")
	}
	_, acked := bot.acknowledged()
	hub.Restart()
	bot.wantHeld(t, c.API, acked)
	bot.end(t, c.API)
}

// dialRaw opens a WebSocket session without an SDK and says hello.
func dialRaw(t *testing.T, hub *harness.Hub) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, res, err := dialer.DialContext(bounded(t), "ws"+strings.TrimPrefix(hub.URL, "http")+"/ws", http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	if err := ws.WriteJSON(wire.Request{ID: 1, Op: wire.OpHello, Name: "raw"}); err != nil {
		t.Fatal(err)
	}
	var answer wire.Answer
	if err := ws.ReadJSON(&answer); err != nil || answer.Error != nil {
		t.Fatalf("hello: %+v, %v", answer, err)
	}
	return ws
}

func wantRestartClose(t *testing.T, ws *websocket.Conn) {
	t.Helper()
	for {
		_, _, err := ws.ReadMessage()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != wire.CloseRestart {
			t.Errorf("the session ended with %v, want close code %d", err, wire.CloseRestart)
		}
		return
	}
}

func TestSecondHubOnTheSameDataIsRefused(t *testing.T) {
	hub := harness.Start(t)
	second := harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--data", hub.Dir)
	if code := second.Exit(); code != 1 || !strings.Contains(second.Stderr(), "in use by another rollcall") || !strings.Contains(second.Stderr(), "--data") {
		t.Errorf("exit code %d: %s", code, second.Stderr())
	}
	newBoard(t, hub.Dial(), "still-here", wire.Rules{})
}

func TestTakenPortIsRefused(t *testing.T) {
	hub := harness.Start(t)
	for _, flag := range []string{"--listen", "--metrics-listen", "--nats-listen"} {
		args := []string{"serve", "--listen", "127.0.0.1:0", "--data", ""}
		p := harness.Run(t, append(args, flag, strings.TrimPrefix(hub.URL, "http://"))...)
		if code := p.Exit(); code != 1 || !strings.Contains(p.Stderr(), flag+": ") || !strings.Contains(p.Stderr(), "address already in use") {
			t.Errorf("%s: exit code %d: %s", flag, code, p.Stderr())
		}
	}
}

func TestBadFlagIsNamed(t *testing.T) {
	for flag, value := range map[string]string{
		"--listen": "nowhere", "--nats-listen": "0.0.0.0:4222", "--ping": "-1s", "--threshold": "1s", "--anonymous": "all",
		"--contest": "/nonexistent.yaml", "--jwt-hs256-file": "/nonexistent", "--queue-depth": "0", "--origin": "*", "--log-level": "loud",
	} {
		p := harness.Run(t, "serve", flag, value)
		if code := p.Exit(); code != 2 || !strings.Contains(p.Stderr(), flag) {
			t.Errorf("%s %s: exit code %d: %s", flag, value, code, p.Stderr())
		}
	}
	p := harness.Run(t, "serve", "--no-such-flag")
	if code := p.Exit(); code != 2 || !strings.Contains(p.Stderr(), "no-such-flag") {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
}

func TestBadFlagOfReplayFails(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	hub := harness.Start(t)
	f := harness.Fixture(t)
	for name, args := range map[string][]string{
		"no file": {"replay", "clics", "/nonexistent", "--board", "b", "--url", hub.URL},
		"board":   {"replay", "clics", f.Path, "--board", "no board", "--url", hub.URL},
		"nobody":  {"replay", "clics", f.Path, "--board", "b", "--url", "http://127.0.0.1:1"},
	} {
		p := harness.Run(t, args...)
		if code := p.Exit(); code != 1 || !strings.HasPrefix(p.Stderr(), "rollcall: ") {
			t.Errorf("%s: exit code %d: %s", name, code, p.Stderr())
		}
	}
	if _, err := hub.Dial().API.Board(ctx, "b", client.BoardQuery{}); err == nil {
		t.Error("a refused replay made a board")
	}
}
