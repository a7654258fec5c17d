package fanout

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// newPiped returns a Conn over a pipe, where every byte waits for its reader.
func newPiped(tb testing.TB, limits Limits, cfg Config) (c *Conn, peer net.Conn, wait func() ending) {
	tb.Helper()
	server, client := net.Pipe()
	c = NewConn(server, NewOutbox(limits), cfg)
	tb.Cleanup(func() { client.Close() })
	return c, client, run(tb, c)
}

func TestStalledWriteEndsAsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stats Stats
		c, _, wait := newPiped(t, Limits{}, Config{Stats: &stats})
		v := newViewAt(1, 1)
		v.Attach(c.out, "")
		start := time.Now()
		end := wait()
		if end.reason != Slow || time.Since(start) != 10*time.Second {
			t.Errorf("ended with %+v after %v, want slow after 10s", end, time.Since(start))
		}
		if got := stats.SlowCloses.Load(); got != 1 {
			t.Errorf("%d slow closes counted, want 1", got)
		}
		if v.Subscribers() != 0 {
			t.Error("the ended session is still subscribed")
		}
	})
}

func TestProgressKeepsASlowReaderConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer, _ := newPiped(t, Limits{}, Config{})
		mustSend(t, c.out, string(bytes.Repeat([]byte("x"), 198))) // 202 bytes
		for range 202 {
			time.Sleep(9 * time.Second)
			if _, err := peer.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestUnansweredCloseEndsInTime(t *testing.T) {
	for _, row := range []struct {
		name  string
		reads bool
	}{{"peer reads but does not answer", true}, {"peer does not even read", false}} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, peer, wait := newPiped(t, Limits{}, Config{})
				mustSend(t, c.out, "answer")
				start := time.Now()
				c.CloseWith(1012, "restart")
				if row.reads {
					readFrame(peer)
					if op, p, err := readFrame(peer); op != opClose || string(p) != "\x03\xf4restart" || err != nil {
						t.Errorf("read opcode %x %q, %v; want the close frame", op, p, err)
					}
					c.Pong([]byte("late"))
					c.Ping([]byte("late"))
					if rest, err := io.ReadAll(peer); len(rest) > 0 || err != nil {
						t.Errorf("after the close frame came % x, %v", rest, err)
					}
				}
				if end := wait(); end != (ending{Closed, nil}) || time.Since(start) != 3*time.Second {
					t.Errorf("ended with %+v after %v, want closed after 3s", end, time.Since(start))
				}
			})
		})
	}
}

func TestOverflowClosesThatSessionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stats Stats
		cfg := Config{SlowCode: 4008, SlowText: "answers were not read", Stats: &stats}
		slow, slowPeer, slowEnd := newPiped(t, Limits{ControlFrames: 3}, cfg)
		good, goodPeer, _ := newPiped(t, Limits{ControlFrames: 3}, cfg)
		v := newViewAt(1, 1)
		v.Attach(slow.out, at(1))
		v.Attach(good.out, at(1))

		mustSend(t, slow.out, "in flight")
		synctest.Wait() // its writer has taken it and waits for the reader
		mustSend(t, slow.out, "1", "2", "3")
		if err := slow.out.Send(textFrame("4")); err != ErrSlow {
			t.Fatalf("one answer too many: %v, want ErrSlow", err)
		}

		if _, p, err := readFrame(slowPeer); string(p) != "in flight" || err != nil {
			t.Errorf("read %q, %v; want the frame that was begun", p, err)
		}
		if op, p, err := readFrame(slowPeer); op != opClose || string(p) != "\x0f\xa8answers were not read" || err != nil {
			t.Errorf("read opcode %x %q, %v; want the close frame", op, p, err)
		}
		if end := slowEnd(); end != (ending{Slow, ErrSlow}) || stats.SlowCloses.Load() != 1 {
			t.Errorf("ended with %+v, %d slow closes; want slow, 1", end, stats.SlowCloses.Load())
		}

		v.Publish(stateOf(2))
		if _, p, err := readFrame(goodPeer); short(p) != "D 1 2" || err != nil {
			t.Errorf("the other session read %q, %v", p, err)
		}
	})
}

func TestStalledSessionCostsOthersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stats Stats
		stalled, stalledPeer, _ := newPiped(t, Limits{}, Config{Stats: &stats})
		good, goodPeer, _ := newPiped(t, Limits{}, Config{})
		v := newViewAt(1, 1)
		v.Attach(stalled.out, "")
		v.Attach(good.out, at(1))
		synctest.Wait() // the stalled one has begun the snapshot at 1

		const last = 101
		for n := 2; n <= last; n++ {
			v.Publish(stateOf(n))
			if _, p, err := readFrame(goodPeer); short(p) != short(deltaOf(n-1, n, 0).Payload()) || err != nil {
				t.Fatalf("state %d: the good session read %q, %v", n, p, err)
			}
		}
		for _, want := range []string{"S 1", "S 101"} {
			if _, p, err := readFrame(stalledPeer); short(p) != want || err != nil {
				t.Errorf("the stalled session read %q, %v; want %q", p, err, want)
			}
		}
		synctest.Wait()
		if got := stats.Conflations.Load(); got != 1 {
			t.Errorf("%d conflations counted, want 1", got)
		}
	})
}

func TestOnlyTheLatestPingIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer, _ := newPiped(t, Limits{}, Config{})
		mustSend(t, c.out, "in flight")
		synctest.Wait()
		for range 10_000 { // a flood of pings costs one frame
			c.Pong([]byte("old"))
		}
		c.Pong([]byte("new"))
		c.Ping(bytes.Repeat([]byte("p"), 200))
		for _, want := range []struct {
			op  byte
			len int
		}{{opText, 9}, {opPong, 3}, {opPing, 125}} {
			if op, p, err := readFrame(peer); op != want.op || len(p) != want.len || err != nil {
				t.Errorf("read opcode %x of %d bytes, %v; want %+v", op, len(p), err, want)
			}
		}
	})
}

func TestOwnersContextEndsAStalledWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer client.Close()
		c := NewConn(server, NewOutbox(Limits{}), Config{})
		mustSend(t, c.out, "nobody reads this")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		reason, err := c.Run(ctx)
		if reason != Closed || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("ended with %s, %v after %v", reason, err, time.Since(start))
		}
	})
}
