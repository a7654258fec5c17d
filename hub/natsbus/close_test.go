package natsbus

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/wire"
)

func TestCloseAnswersWhatWasTaken(t *testing.T) {
	block := newBlocker()
	s, err := Listen(Config{Addr: "127.0.0.1:0", Authenticate: authenticate, Push: block.push})
	if err != nil {
		t.Fatal(err)
	}
	judge := newBot(t, s, nats.Token(judgeToken))
	// NextMsg fails on a closed connection even if the answer came; a channel keeps it.
	answers := make(chan *nats.Msg, 3)
	inbox := nats.NewInbox()
	if _, err := judge.ChanSubscribe(inbox, answers); err != nil {
		t.Fatal(err)
	}
	for range 3 { // one runs, two wait
		if err := judge.PublishRequest(PushPrefix+"finals", inbox, []byte("[]")); err != nil {
			t.Fatal(err)
		}
	}
	wantPending(t, s, 3)

	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	// Once closing shows, a new request is told so.
	for {
		msg, err := judge.Request(PushPrefix+"warmup", []byte("[]"), 100*time.Millisecond)
		if err == nil && string(msg.Data) != "done" {
			wantCode(t, string(msg.Data), wire.Unavailable)
			break
		}
	}
	select {
	case err := <-closed:
		t.Fatalf("Close returned %v while a push ran", err)
	default:
	}
	close(block.letGo)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	for range 3 {
		select {
		case msg := <-answers:
			if string(msg.Data) != "done" {
				t.Errorf("a taken request was answered %q", msg.Data)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("a taken request was not answered")
		}
	}
}

// wantPending waits until n requests are taken.
func wantPending(t testing.TB, s *Server, n int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); s.Stats().Pending < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are taken, want %d", s.Stats().Pending, n)
		}
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	block := newBlocker()
	s, err := Listen(Config{Addr: "127.0.0.1:0", Authenticate: authenticate, Push: block.push})
	if err != nil {
		t.Fatal(err)
	}
	judge := newBot(t, s, nats.Token(judgeToken))
	if err := judge.PublishRequest(PushPrefix+"finals", nats.NewInbox(), nil); err != nil {
		t.Fatal(err)
	}
	block.wantStarted(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if n := block.running.Load(); n != 0 {
		t.Errorf("%d pushes still run", n)
	}
}
