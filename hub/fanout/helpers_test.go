package fanout

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// Test states are numbers. Their frames say "S 7" for the snapshot at 7 and
// "D 6 7" for the delta from 6 to 7; pad makes them longer.
func at(n int) string { return fmt.Sprint(n) }

func snapshotOf(n, pad int) *Frame {
	return NewFrame(fmt.Appendf(nil, "S %d %s", n, strings.Repeat(".", pad)))
}

func deltaOf(from, to, pad int) *Frame {
	return NewFrame(fmt.Appendf(nil, "D %d %d %s", from, to, strings.Repeat(".", pad)))
}

// stateOf is state n with a delta from n-1, both a few bytes.
func stateOf(n int) State {
	return State{
		At: at(n), From: at(n - 1), Delta: deltaOf(n-1, n, 0),
		Snapshot: func() *Frame { return snapshotOf(n, 200) },
	}
}

// newViewAt returns a view that went through the states first..last.
func newViewAt(first, last int) *View {
	v := NewView()
	for n := first; n <= last; n++ {
		v.Publish(stateOf(n))
	}
	return v
}

// texts are the payloads of items, without their padding.
func texts(items []Item) []string {
	var all []string
	for _, it := range items {
		all = append(all, short(it.Frame.Payload()))
	}
	return all
}

func short(payload []byte) string { return strings.TrimRight(string(payload), " .") }

func takeAll(o *Outbox) []Item {
	var all []Item
	for {
		got := o.Take(nil, 1)
		if len(got) == 0 {
			return all
		}
		all = append(all, got...)
	}
}

// fold is what a client knows of one view; it refuses what a client could not
// apply.
type fold struct {
	at int // 0 = nothing yet
}

func (f *fold) apply(payload []byte) error {
	var from, to int
	switch {
	case len(payload) == 0:
		return fmt.Errorf("empty frame")
	case payload[0] == 'S':
		if _, err := fmt.Sscanf(string(payload), "S %d", &to); err != nil {
			return err
		}
		if to <= f.at {
			return fmt.Errorf("snapshot %d after %d", to, f.at)
		}
	default:
		if _, err := fmt.Sscanf(string(payload), "D %d %d", &from, &to); err != nil {
			return err
		}
		if from != f.at {
			return fmt.Errorf("delta %d to %d onto %d", from, to, f.at)
		}
	}
	f.at = to
	return nil
}

// readFrame reads one frame strictly: whole, final, unmasked, shortest length.
func readFrame(r io.Reader) (op byte, payload []byte, err error) {
	var head [10]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return 0, nil, err
	}
	op = head[0] & 0xF
	if head[0]&0xF0 != 0x80 || head[1]&0x80 != 0 {
		return 0, nil, fmt.Errorf("bad header % x", head[:2])
	}
	n, low := uint64(head[1]), uint64(0)
	switch n {
	case 126:
		_, err = io.ReadFull(r, head[2:4])
		n, low = uint64(binary.BigEndian.Uint16(head[2:])), 126
	case 127:
		_, err = io.ReadFull(r, head[2:10])
		n, low = binary.BigEndian.Uint64(head[2:]), 1<<16
	}
	if err != nil {
		return 0, nil, err
	}
	if n < low || n > 1<<24 || op >= opClose && n > maxControl {
		return 0, nil, fmt.Errorf("bad length %d of opcode %x", n, op)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return op, payload, err
}

// newTCPPair returns both ends of a loopback connection.
func newTCPPair(tb testing.TB) (server, client *net.TCPConn) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close(); s.Close() })
	return s.(*net.TCPConn), c.(*net.TCPConn)
}

// ending is how Run ended.
type ending struct {
	reason Reason
	err    error
}

// run starts Run and returns a function that waits for its end.
func run(tb testing.TB, c *Conn) (wait func() ending) {
	tb.Helper()
	var end ending
	done := make(chan struct{})
	go func() {
		defer close(done)
		end.reason, end.err = c.Run(tb.Context())
	}()
	wait = sync.OnceValue(func() ending { <-done; return end })
	tb.Cleanup(func() { c.Close(); wait() })
	return wait
}

// session is one upgraded connection: a gorilla client, the Conn, and a reader
// that goes on until the end, as a hub has it.
type session struct {
	client *websocket.Conn
	nc     net.Conn // the client's end
	conn   *Conn
	out    *Outbox
	wait   func() ending
}

// hijackable is the response of a server that has read the request.
type hijackable struct {
	http.ResponseWriter
	nc net.Conn
	rw *bufio.ReadWriter
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.nc, h.rw, nil }

func newSession(tb testing.TB, server, client net.Conn, limits Limits, cfg Config) *session {
	tb.Helper()
	s := &session{nc: client}
	var ws *websocket.Conn
	var upErr error
	up := make(chan struct{})
	go func() {
		defer close(up)
		rw := bufio.NewReadWriter(bufio.NewReader(server), bufio.NewWriter(server))
		r, err := http.ReadRequest(rw.Reader)
		if err != nil {
			upErr = err
			return
		}
		u := websocket.Upgrader{ReadBufferSize: 1024}
		ws, s.conn, upErr = Upgrade(hijackable{nc: server, rw: rw}, r, &u, nil, limits, cfg)
	}()
	dialer := websocket.Dialer{
		NetDialContext: func(context.Context, string, string) (net.Conn, error) { return client, nil },
		ReadBufferSize: 1024, WriteBufferSize: 1024,
	}
	var err error
	s.client, _, err = dialer.Dial("ws://hub/ws", nil)
	<-up
	if err != nil || upErr != nil {
		tb.Fatal(err, upErr)
	}
	ws.SetReadLimit(1 << 10)
	s.out = s.conn.Outbox()
	ended := make(chan struct{})
	tb.Cleanup(func() { s.conn.Close(); client.Close(); <-ended })
	s.wait = run(tb, s.conn)
	go func() {
		defer close(ended)
		for {
			if _, _, err := ws.ReadMessage(); err != nil {
				s.conn.CloseWith(1000, "")
				return
			}
		}
	}()
	return s
}
