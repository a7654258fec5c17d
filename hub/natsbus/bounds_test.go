package natsbus

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
	"rollcall/wire"
)

func TestRequestsOfOneBotKeepTheirOrder(t *testing.T) {
	const n = 500
	var mu sync.Mutex
	var got []string
	s := newServer(t, Config{
		Authenticate:       authenticate,
		MaxPendingPerBoard: n,
		Push: func(_ context.Context, _ hub.Principal, _ string, _ hub.Asked, body []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(body))
			return body
		},
	})
	judge := newBot(t, s, nats.Token(judgeToken))
	answers, err := judge.SubscribeSync(nats.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := judge.PublishRequest(PushPrefix+"finals", answers.Subject, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		msg, err := answers.NextMsg(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if string(msg.Data) != fmt.Sprint(i) {
			t.Fatalf("answer %d is %q", i, msg.Data)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for i, body := range got {
		if body != fmt.Sprint(i) {
			t.Fatalf("push %d was %q", i, body)
		}
	}
}

// blocker is a Push that waits until it is let go.
type blocker struct {
	running, most atomic.Int64
	started       chan struct{} // one value per push
	letGo         chan struct{}
}

func newBlocker() *blocker {
	return &blocker{started: make(chan struct{}, 1000), letGo: make(chan struct{})}
}

func (b *blocker) push(ctx context.Context, _ hub.Principal, _ string, _ hub.Asked, _ []byte) []byte {
	n := b.running.Add(1)
	defer b.running.Add(-1)
	for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
	}
	b.started <- struct{}{}
	select {
	case <-b.letGo:
		return []byte("done")
	case <-ctx.Done():
		return []byte("gave up")
	}
}

func (b *blocker) wantStarted(t testing.TB) {
	t.Helper()
	select {
	case <-b.started:
	case <-time.After(5 * time.Second):
		t.Error("no push started")
	}
}

func TestFloodIsAnsweredBusy(t *testing.T) {
	const flood = 200
	for name, c := range map[string]struct {
		cfg   Config
		board func(i int) string
		taken int
	}{
		"one board":   {Config{MaxPendingPerBoard: 5}, func(int) string { return "b" }, 5},
		"many boards": {Config{MaxPending: 7}, func(i int) string { return fmt.Sprint("b", i) }, 7},
		"bytes":       {Config{MaxPendingBytes: 35}, func(int) string { return "b" }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			block := newBlocker()
			c.cfg.Authenticate, c.cfg.Push = authenticate, block.push
			s := newServer(t, c.cfg)
			grader := newBot(t, s, nats.Token(graderToken))
			answers, err := grader.SubscribeSync(nats.NewInbox())
			if err != nil {
				t.Fatal(err)
			}
			for i := range flood {
				if err := grader.PublishRequest(PushPrefix+c.board(i), answers.Subject, []byte("0123456789")); err != nil {
					t.Fatal(err)
				}
			}
			for range flood - c.taken {
				msg, err := answers.NextMsg(5 * time.Second)
				if err != nil {
					t.Fatal(err)
				}
				wantCode(t, string(msg.Data), wire.Busy)
				if !strings.Contains(string(msg.Data), `"retry_after_ms":`) {
					t.Fatalf("busy without retry_after_ms: %s", msg.Data)
				}
			}
			close(block.letGo)
			for range c.taken {
				msg, err := answers.NextMsg(5 * time.Second)
				if err != nil || string(msg.Data) != "done" {
					t.Fatalf("a taken request was answered %v, %v", msg, err)
				}
			}
			if got := block.most.Load(); got > int64(c.taken) {
				t.Errorf("%d pushes ran at once", got)
			}
			if st := s.Stats(); st.Busy != uint64(flood-c.taken) || st.Pushes != uint64(c.taken) || st.Connections != 1 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestOneBotCannotFillTheNodeForOthers(t *testing.T) {
	block := newBlocker()
	s := newServer(t, Config{Authenticate: authenticate, Push: block.push, MaxPendingPerBoard: 2, MaxPending: 4})
	grader, judge := newBot(t, s, nats.Token(graderToken)), newBot(t, s, nats.Token(judgeToken))
	for range 50 {
		if err := grader.PublishRequest(PushPrefix+"finals", grader.NewInbox(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := grader.Flush(); err != nil {
		t.Fatal(err)
	}
	block.wantStarted(t)
	go func() { // the judge's own push is let go once it runs beside the grader's
		block.wantStarted(t)
		close(block.letGo)
	}()
	if got := judge.push(t, "finals", "[]"); got != "done" {
		t.Errorf("judge was answered %q", got)
	}
}

func TestOversizedPayloadIsRefused(t *testing.T) {
	size := func(_ context.Context, _ hub.Principal, _ string, _ hub.Asked, body []byte) []byte {
		return fmt.Append(nil, len(body))
	}
	s := newServer(t, Config{Authenticate: authenticate, Push: size})
	judge := newBot(t, s, nats.Token(judgeToken))
	if _, err := judge.Request(PushPrefix+"finals", make([]byte, wire.MaxBody+1), 5*time.Second); !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("the library let it go: %v", err)
	}
	if got := judge.push(t, "finals", strings.Repeat(" ", wire.MaxBody)); got != fmt.Sprint(wire.MaxBody) {
		t.Errorf("a body of the limit is answered %q", got)
	}
	// A client that ignores the limit it was told is cut off.
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "CONNECT {\"auth_token\":%q,\"verbose\":false}\r\nPUB %sfinals %d\r\n", judgeToken, PushPrefix, wire.MaxBody+1)
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if strings.Contains(lines.Text(), "Maximum Payload Violation") {
			return
		}
	}
	t.Error("it was not refused")
}

func TestPublishWithoutReplyIsTaken(t *testing.T) {
	block := newBlocker()
	s := newServer(t, Config{Authenticate: authenticate, Push: block.push})
	judge := newBot(t, s, nats.Token(judgeToken))
	if err := judge.Publish(PushPrefix+"finals", []byte("[]")); err != nil {
		t.Fatal(err)
	}
	block.wantStarted(t)
	close(block.letGo)
}

func TestPushTimeoutEndsItsContext(t *testing.T) {
	s := newServer(t, Config{Authenticate: authenticate, Push: newBlocker().push, PushTimeout: time.Millisecond})
	if got := newBot(t, s, nats.Token(judgeToken)).push(t, "finals", "[]"); got != "gave up" {
		t.Errorf("answered %q", got)
	}
}
