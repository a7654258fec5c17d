package redisboard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// proxy stands before a server and can swallow answers.
type proxy struct {
	listener net.Listener
	server   string
	swallow  atomic.Int32 // so many answers more
	lost     atomic.Int32
}

func startProxy(tb testing.TB, server string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{listener: l, server: server}
	tb.Cleanup(func() { _ = l.Close() })
	go p.accept()
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
		go p.answers(client, server)
	}
}

// answers passes answers on; one that is swallowed ends its connection.
func (p *proxy) answers(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if err != nil {
			return
		}
		if p.swallow.Add(-1) >= 0 {
			p.lost.Add(1)
			return
		}
		if _, err := client.Write(b[:n]); err != nil {
			return
		}
	}
}

func TestALostAnswerCountsOnce(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr)
	s := redisboard.New(redistest.Open(t, "redis://"+p.listener.Addr().String()), redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1)) // the pool is warm: nothing else is asked on a connection
	p.swallow.Store(1)
	out := mustApply(t, s, add("s", 2, "m", 1))
	if p.lost.Load() != 1 {
		t.Fatal("no answer was lost")
	}
	res := out.Results[0]
	if res.Status != leaderboard.Duplicate || res.Version != 2 || res.Score == nil || *res.Score != 2 {
		t.Errorf("the event sent again: %+v", res)
	}
	if _, entries := mustRead(t, s); entries["m"].Score != 2 {
		t.Errorf("score %v, want 2", entries["m"].Score)
	}

	p.swallow.Store(1)
	state, _, err := s.Claim(ctx, board, "s")
	if err != nil || state.Generation != 1 || state.Seq != 2 {
		t.Errorf("a claim sent again: %+v, %v", state, err)
	}
	p.swallow.Store(3) // SADD, then twice the script
	if _, _, created, err := s.Put(ctx, "new", leaderboard.Rules{}); err != nil || !created {
		t.Errorf("a board put again: created %v, %v", created, err)
	}
}

func TestNoAnswerIsUnavailable(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{Resend: 700 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	server.Freeze()
	_, err := s.Apply(ctx, board, []leaderboard.Event{add("s", 1, "m", 1)}, "")
	if !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Apply: %v", err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Apply(done, board, []leaderboard.Event{add("s", 1, "m", 1)}, ""); !errors.Is(err, leaderboard.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("Apply with a context that is over: %v", err)
	}
	if _, err := s.Heads(ctx, []string{board}); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Heads: %v", err)
	}
	server.Thaw()
	// What was sent into the silence may have been taken: it counts once.
	mustApply(t, s, add("s", 1, "m", 1))
	if _, entries := mustRead(t, s); entries["m"].Score != 1 {
		t.Errorf("score %v, want 1", entries["m"].Score)
	}
}

func TestAServerThatTakesNoWritesIsUnavailable(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{Resend: 300 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1))
	admin := server.Clients().Write
	for _, tc := range []struct {
		what, name, value, back string
		atOnce                  bool
	}{
		{"OOM", "maxmemory", "1", "0", true},
		{"NOREPLICAS", "min-replicas-to-write", "1", "0", true},
	} {
		if err := admin.ConfigSet(ctx, tc.name, tc.value).Err(); err != nil {
			t.Fatal(err)
		}
		calls := 0
		counted := redisboard.New(server.Clients(), redisboard.Config{Observe: func(string, time.Duration, int) { calls++ }})
		_, _, _, err := counted.Put(ctx, "other", leaderboard.Rules{})
		if !errors.Is(err, leaderboard.ErrUnavailable) || calls > 1 {
			t.Errorf("%s: %v after %d calls", tc.what, err, calls)
		}
		if _, err := s.Apply(ctx, board, []leaderboard.Event{add("s", 2, "m", 1)}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
			t.Errorf("%s: Apply: %v", tc.what, err)
		}
		if err := admin.ConfigSet(ctx, tc.name, tc.back).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.ReplicaOf(ctx, "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(ctx, board, []leaderboard.Event{add("s", 2, "m", 1)}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("READONLY: %v", err)
	}
	if err := admin.ReplicaOf(ctx, "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	if res := mustApply(t, s, add("s", 2, "m", 1)).Results[0]; res.Status != leaderboard.Applied || *res.Score != 2 {
		t.Errorf("after all that: %+v", res)
	}
}

func TestScriptsThatTheServerForgotAreSentAgain(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1))
	if err := server.Clients().Write.ScriptFlush(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if res := mustApply(t, s, add("s", 2, "m", 1)).Results[0]; res.Status != leaderboard.Applied || *res.Score != 2 {
		t.Errorf("got %+v", res)
	}
}

func TestAcknowledgedEventsOutliveTheServerWithAOF(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := newStore(t, server, redisboard.Config{Resend: 20 * time.Second})
	start := mustPut(t, s, board, leaderboard.Rules{}).Head
	for seq := uint64(1); seq <= 50; seq++ {
		mustApply(t, s, add("s", seq, fmt.Sprint("m", seq%5), 1))
	}
	head, before := mustRead(t, s)
	server.Kill()
	server.Restart()
	if res := mustApply(t, s, add("s", 50, "m0", 1)).Results[0]; res.Status != leaderboard.Duplicate {
		t.Errorf("the last event once more: %+v", res)
	}
	after, entries := mustRead(t, s)
	if after != head {
		t.Errorf("head %+v, before %+v", after, head)
	}
	wantSameBoard(t, entries, before)
	if at, folded := mustFold(t, s, start); at != head {
		t.Errorf("the changelog leads to %+v", at)
	} else {
		wantSameBoard(t, folded, before)
	}
}
