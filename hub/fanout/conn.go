package fanout

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Reason is why a connection ended; it is also the label of a metric.
type Reason string

// The reasons.
const (
	Closed Reason = "closed" // a close handshake, the peer left, Close or the owner's context
	Slow   Reason = "slow"   // the peer did not read: a write stalled, or its answers overflowed
	Failed Reason = "error"  // the socket broke
)

// Conn writes what an Outbox offers to one upgraded WebSocket. Every byte
// leaves through its writer: frames, pings, pongs and the close frame.
type Conn struct {
	// Static.
	nc  net.Conn
	out *Outbox
	cfg Config

	mu         sync.Mutex
	pong, ping *Frame      // waiting; the newest of each
	closing    bool        // the close frame is queued
	peerClosed bool        // the peer's close frame was read
	dropped    bool        // the socket is closed
	reason     Reason      // the first cause
	err        error       // its error
	linger     *time.Timer // ends a close handshake that hangs
}

// NewConn returns a Conn that owns nc's writing side and out. The owner must
// call Run once. On Linux it bounds what the kernel queues for a TCP socket.
func NewConn(nc net.Conn, out *Outbox, cfg Config) *Conn {
	boundUnsent(nc)
	c := &Conn{nc: nc, out: out, cfg: cfg.withDefaults()}
	out.bind(c.overflowed)
	return c
}

// Outbox is what the connection sends from.
func (c *Conn) Outbox() *Outbox { return c.out }

// Close closes the socket at once, without a close frame. Run returns soon
// after.
func (c *Conn) Close() error {
	c.drop(Closed, nil)
	return nil
}

// Run writes until the connection ends, and tells why. When it returns the
// socket and the outbox are closed and every cursor is detached. The end of
// ctx closes the socket at once; for a graceful end call CloseWith. The error
// is the cause, nil after a close handshake or Close.
func (c *Conn) Run(ctx context.Context) (Reason, error) {
	stop := context.AfterFunc(ctx, func() { c.drop(Closed, context.Cause(ctx)) })
	defer stop()
	defer c.out.Close()
	for c.writePending() {
		<-c.out.wake
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.linger != nil {
		c.linger.Stop()
	}
	return c.reason, c.err
}

// writePending writes until nothing is ready; false if the connection ended.
func (c *Conn) writePending() bool {
	for {
		if c.over() {
			return false
		}
		n, err := c.writeBatch()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.drop(Slow, err)
			return false
		case err != nil:
			c.drop(Failed, err)
			return false
		case n == 0:
			return true
		}
	}
}

// over ends a finished close handshake, and reports whether the connection
// ended.
func (c *Conn) over() bool {
	sent := c.out.ended()
	c.mu.Lock()
	done := sent && c.peerClosed
	dropped := c.dropped
	c.mu.Unlock()
	if done && !dropped {
		c.drop(Closed, nil)
	}
	return done || dropped
}

// beginClose queues the close frame and names why the connection will have
// ended. The first cause stands.
func (c *Conn) beginClose(f *Frame, why Reason, err error) {
	c.mu.Lock()
	first := !c.closing && !c.dropped
	if first {
		c.closing = true
		c.causeLocked(why, err)
		c.linger = time.AfterFunc(c.cfg.CloseTimeout, func() { c.drop(why, err) })
	}
	c.mu.Unlock()
	if first {
		c.out.finish(f)
	}
}

// peerClose notes the peer's close frame and answers it, if it is not itself
// an answer.
func (c *Conn) peerClose(code int) {
	c.mu.Lock()
	c.peerClosed = true
	c.mu.Unlock()
	c.CloseWith(code, "")
	c.out.signal()
}

// readFailed ends the connection when the reader found the peer gone.
func (c *Conn) readFailed(err error) {
	if errors.Is(err, io.EOF) {
		c.drop(Closed, nil)
		return
	}
	c.drop(Failed, err)
}

// drop closes the socket, which also ends a write that hangs.
func (c *Conn) drop(why Reason, err error) {
	c.mu.Lock()
	first := !c.dropped
	c.dropped = true
	c.causeLocked(why, err)
	c.mu.Unlock()
	if first {
		c.nc.Close() // nothing is left to do about its error
	}
	c.out.signal()
}

func (c *Conn) causeLocked(why Reason, err error) {
	if c.reason != "" {
		return
	}
	c.reason, c.err = why, err
	if why == Slow {
		c.cfg.Stats.SlowCloses.Add(1)
	}
}
