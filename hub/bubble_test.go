package hub_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

// bubble runs a test of the rules of time: a node with the default thresholds
// behind an in-memory network, in a bubble of fake time, in which a goroutine
// that outlives the node fails the test.
func bubble(t *testing.T, cfg hub.Config, run func(*bubbleNode)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newBubbleNode(t, cfg, nil)
		defer n.stop()
		run(n)
	})
}

type bubbleNode struct {
	*testNode
	net    *pipeNet
	srv    *http.Server
	served chan error
	client *http.Client
}

func newBubbleNode(t testing.TB, cfg hub.Config, wrap func(hub.Boards, hub.Roster) (hub.Boards, hub.Roster)) *bubbleNode {
	t.Helper()
	return serveBubble(newHub(t, cfg, wrap))
}

func serveBubble(node *testNode) *bubbleNode {
	n := &bubbleNode{testNode: node, net: newPipeNet(), served: make(chan error, 1)}
	n.client = &http.Client{Transport: &http.Transport{DialContext: n.net.dial}}
	n.srv = n.hub.Server()
	go func() { n.served <- n.srv.Serve(n.net) }()
	return n
}

// stop ends the node as main does.
func (n *bubbleNode) stop() {
	n.client.CloseIdleConnections()
	n.hub.Close()
	_ = n.srv.Close()
	<-n.served
}

// dial opens a WebSocket over the pipe. Unlike testNode's it does not close it
// at the end: who closes, and how, is what these tests are about.
func (n *bubbleNode) dial(header http.Header) *bubbleSession {
	n.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, NetDialContext: n.net.dial}
	ws, res, err := d.Dial("ws://127.0.0.1/ws", header)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close()
	s := &bubbleSession{testSession: &testSession{TB: n.TB, ws: ws}, answers: true}
	n.Cleanup(func() { _ = ws.Close() })
	return s
}

func (n *bubbleNode) hello(name string) *bubbleSession {
	n.Helper()
	s := n.dial(nil)
	s.ok(wire.Request{Op: "hello", Name: name, Token: n.token}, nil)
	return s
}

// bubbleSession is a WebSocket whose pongs the test decides.
type bubbleSession struct {
	*testSession
	answers bool
	pings   []time.Time
}

// background reads, and answers pings while answers is set, until the
// connection ends.
func (s *bubbleSession) background() (ended <-chan error) {
	done := make(chan error, 1)
	s.ws.SetPingHandler(func(data string) error {
		s.pings = append(s.pings, time.Now())
		if !s.answers {
			return nil
		}
		return s.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	go func() {
		for {
			_ = s.ws.SetReadDeadline(time.Time{})
			if _, _, err := s.ws.ReadMessage(); err != nil {
				done <- err
				return
			}
		}
	}()
	return done
}

// pipeNet is a network of net.Pipe with loopback addresses.
type pipeNet struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeNet() *pipeNet {
	return &pipeNet{conns: make(chan net.Conn), closed: make(chan struct{})}
}

type pipeConn struct{ net.Conn }

func (pipeConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711} }

func (p *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- pipeConn{theirs}:
		return pipeConn{ours}, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (p *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipeNet) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

// Addr implements net.Listener.
func (p *pipeNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }
