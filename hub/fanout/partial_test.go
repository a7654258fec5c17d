package fanout

import (
	"io"
	"net"
	"sync"
	"testing"
)

// newNarrow returns a Conn whose socket takes a few KiB at a time.
func newNarrow(tb testing.TB, cfg Config) (*Conn, *net.TCPConn) {
	tb.Helper()
	server, client := newTCPPair(tb)
	if err := server.SetWriteBuffer(4 << 10); err != nil {
		tb.Fatal(err)
	}
	if err := client.SetReadBuffer(4 << 10); err != nil {
		tb.Fatal(err)
	}
	return NewConn(server, NewOutbox(Limits{}), cfg), client
}

// drip reads a few bytes at a time.
type drip struct{ r io.Reader }

func (d drip) Read(p []byte) (int, error) { return d.r.Read(p[:min(len(p), 777)]) }

func TestPartialWritesKeepFramesWhole(t *testing.T) {
	const states = 400
	var stats Stats
	c, client := newNarrow(t, Config{Stats: &stats})
	v := NewView()
	v.Attach(c.out, "")
	run(t, c)

	var wg sync.WaitGroup
	defer wg.Wait()
	done := make(chan struct{})
	defer close(done)
	read := make(chan struct{}, 1) // the reader has read another frame
	wg.Go(func() {
		for n := 1; n <= states; n++ {
			s := stateOf(n)
			s.Snapshot = func() *Frame { return snapshotOf(n, 2800) }
			s.Delta = deltaOf(n-1, n, 300)
			v.Publish(s)
			c.Pong([]byte("pong"))
			if n%50 < 25 {
				continue // a burst: the reader falls behind
			}
			select {
			case <-read:
			case <-done:
				return
			}
		}
	})

	seen, deltas, pongs := fold{}, 0, 0
	for seen.at < states {
		op, p, err := readFrame(drip{client})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case read <- struct{}{}:
		default:
		}
		if op == opPong {
			pongs++
			continue
		}
		if err := seen.apply(p); err != nil {
			t.Fatal(err)
		}
		if p[0] == 'D' {
			deltas++
		}
	}
	if stats.Conflations.Load() == 0 || deltas == 0 || pongs == 0 {
		t.Errorf("%d conflations, %d deltas, %d pongs: not what this test is about", stats.Conflations.Load(), deltas, pongs)
	}
}

// pinging asks for a pong before each read, so that pongs come while a frame
// is half sent.
type pinging struct {
	c *Conn
	r io.Reader
}

func (p pinging) Read(b []byte) (int, error) {
	p.c.Pong([]byte("pong"))
	return p.r.Read(b)
}

func TestPongNeverInsideAHalfSentFrame(t *testing.T) {
	c, peer, _ := newPiped(t, Limits{}, Config{})
	const frames, size = 20, 30_000
	payload := make([]byte, size)
	for range frames {
		if err := c.out.Send(NewFrame(payload)); err != nil {
			t.Fatal(err)
		}
	}
	whole, pongs := 0, 0
	for whole < frames {
		op, p, err := readFrame(pinging{c, drip{peer}})
		switch {
		case err != nil:
			t.Fatal(err)
		case op == opPong && string(p) == "pong":
			pongs++
		case op == opText && len(p) == size:
			whole++
		default:
			t.Fatalf("read opcode %x of %d bytes", op, len(p))
		}
	}
	if pongs == 0 {
		t.Error("no pong between the frames")
	}
}
