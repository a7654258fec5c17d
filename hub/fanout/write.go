package fanout

import (
	"errors"
	"os"
	"sync"
	"time"
)

const (
	// batchBytes is what one turn of the writer takes, the last frame aside,
	// and the most that is copied together: one TLS record, and as much as the
	// kernel may hold unsent, so that a stalled peer pins no more.
	batchBytes = 16 << 10
	// chunkBytes is the most that one write is given, so that WriteTimeout
	// judges progress also where a timed-out write cannot be resumed (TLS).
	chunkBytes = 32 << 10
)

// batches and scratches hold what only a connection that is writing needs.
var (
	batches   = sync.Pool{New: func() any { return new(batch) }}
	scratches = sync.Pool{New: func() any { return new(scratch) }}
)

type (
	batch   struct{ items []Item }
	scratch [batchBytes]byte
)

// writeBatch writes one batch of what is ready and tells how many frames.
func (c *Conn) writeBatch() (int, error) {
	b := batches.Get().(*batch)
	defer func() {
		clear(b.items)
		b.items = b.items[:0]
		batches.Put(b)
	}()
	b.items = c.out.Take(c.urgent(b.items), batchBytes)
	if err := c.writeItems(b.items); err != nil {
		return 0, err
	}
	c.cfg.Stats.Frames.Add(uint64(len(b.items)))
	for _, it := range b.items {
		if it.Conflated {
			c.cfg.Stats.Conflations.Add(1)
		}
	}
	return len(b.items), nil
}

// urgent appends the pong and the ping that wait. Nothing follows a close
// frame.
func (c *Conn) urgent(items []Item) []Item {
	if c.out.ended() {
		return items
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, slot := range []**Frame{&c.pong, &c.ping} {
		if *slot != nil {
			items = append(items, Item{Frame: *slot})
			*slot = nil
		}
	}
	return items
}

// writeItems writes one frame as it is, and several small ones in one buffer.
func (c *Conn) writeItems(items []Item) error {
	if len(items) == 0 {
		return nil
	}
	if len(items) == 1 {
		return c.write(items[0].Frame.buf)
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	buf := s[:0]
	for _, it := range items {
		f := it.Frame.buf
		if len(buf)+len(f) > batchBytes {
			if err := c.write(buf); err != nil {
				return err
			}
			buf = s[:0]
		}
		if len(f) > batchBytes {
			if err := c.write(f); err != nil {
				return err
			}
			continue
		}
		buf = append(buf, f...)
	}
	return c.write(buf)
}

// write hands p to the socket. A write that times out after some progress goes
// on with the rest.
func (c *Conn) write(p []byte) error {
	for len(p) > 0 {
		if err := c.nc.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout)); err != nil {
			return err
		}
		n, err := c.nc.Write(p[:min(len(p), chunkBytes)])
		c.cfg.Stats.Writes.Add(1)
		c.cfg.Stats.Bytes.Add(uint64(n))
		p = p[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}
