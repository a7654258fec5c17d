package fanout

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// errDataWrite refuses a message written around the outbox.
var errDataWrite = errors.New("fanout: messages are sent through the outbox")

// unusedWrites keeps the upgrader from allocating a write buffer for each
// connection: nothing is ever written with it.
var unusedWrites sync.Pool

// Upgrade answers a WebSocket handshake. The first connection is for reading
// alone (messages, limits, read deadline, pong handler); its ping and close
// handlers are set, and what it writes by itself, as on a protocol error,
// leaves in order through the Conn. The caller calls Run on the Conn, reads
// until an error, then calls CloseWith (it does nothing if the handshake is on
// its way) and waits for Run. Messages read after CloseWith are to be ignored.
//
// Compression is never negotiated. When it fails the HTTP error has been
// answered.
func Upgrade(w http.ResponseWriter, r *http.Request, u *websocket.Upgrader, header http.Header, limits Limits, cfg Config) (*websocket.Conn, *Conn, error) {
	up := *u
	up.EnableCompression = false
	up.WriteBufferPool = &unusedWrites
	hw := &hijacker{ResponseWriter: w}
	ws, err := up.Upgrade(hw, r, header)
	if err != nil {
		return nil, nil, err
	}
	conn := NewConn(hw.sock.Conn, NewOutbox(limits), cfg)
	hw.sock.conn = conn
	ws.SetPingHandler(func(data string) error {
		conn.Pong([]byte(data))
		return nil
	})
	ws.SetCloseHandler(func(code int, _ string) error {
		conn.peerClose(code)
		return nil
	})
	return ws, conn, nil
}

// hijacker hands the upgrader a socket whose writes can be redirected.
type hijacker struct {
	http.ResponseWriter
	sock *socket
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.sock = &socket{Conn: nc}
	return h.sock, rw, nil
}

// socket is the network connection as the reader sees it. Once conn is set
// (before anyone else sees the socket) writes go through it.
type socket struct {
	net.Conn
	conn *Conn
}

// Read ends the Conn when the peer is gone. A read deadline is the reader's to
// judge.
func (s *socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if err != nil && s.conn != nil && !isTimeout(err) {
		s.conn.readFailed(err)
	}
	return n, err
}

func (s *socket) Write(p []byte) (int, error) {
	if s.conn == nil {
		return s.Conn.Write(p)
	}
	return len(p), s.conn.writeControl(p)
}

func (s *socket) Close() error {
	if s.conn == nil {
		return s.Conn.Close()
	}
	return s.conn.Close()
}

// SetWriteDeadline does nothing once the Conn writes: it judges progress.
func (s *socket) SetWriteDeadline(t time.Time) error {
	if s.conn == nil {
		return s.Conn.SetWriteDeadline(t)
	}
	return nil
}

// SetDeadline is the read deadline once the Conn writes.
func (s *socket) SetDeadline(t time.Time) error {
	if s.conn == nil {
		return s.Conn.SetDeadline(t)
	}
	return s.Conn.SetReadDeadline(t)
}

// writeControl takes one whole control frame that the reading side made.
func (c *Conn) writeControl(p []byte) error {
	if len(p) < 2 || len(p) != 2+int(p[1]) || len(p) > 2+maxControl {
		return errDataWrite
	}
	switch p[0] {
	case final | opClose:
		c.beginClose(newControl(opClose, p[2:]), Closed, nil)
	case final | opPing:
		c.Ping(p[2:])
	case final | opPong:
		c.Pong(p[2:])
	default:
		return errDataWrite
	}
	return nil
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
