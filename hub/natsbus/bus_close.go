package natsbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Close sends what was published, hears what has come, and leaves the bus.
// When ctx ends first the rest is dropped and the error says so; a write to a
// server that stalls can hold it up for 2 s more.
func (b *Bus) Close(ctx context.Context) error {
	err := errors.New("natsbus: closed already")
	b.closing.Do(func() { err = b.close(ctx) })
	return err
}

func (b *Bus) close(ctx context.Context) error {
	lost := 0
	b.out.close()
	if !finishes(ctx, &b.writer) {
		lost = b.out.clear()
	}
	close(b.stopSync)
	b.syncer.Wait() // it waits for one flush at most
	for _, sub := range b.subs {
		_ = sub.Unsubscribe() // fails if the connection is closed, which is as good
	}
	flushErr := b.flush(ctx)
	b.conn.Close()
	b.writer.Wait()
	b.counts.connected.Store(false)
	close(b.stopReceive) // pump hands over what has come
	heard := finishes(ctx, &b.receivers)
	if !heard {
		lost += b.in.clear()
	}
	if lost > 0 || !heard || flushErr != nil {
		return fmt.Errorf("natsbus: close: %d messages dropped: %w", lost, errors.Join(flushErr, ctx.Err()))
	}
	return nil
}

// flush waits until the server has what was sent; nothing was, if there is no
// server.
func (b *Bus) flush(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return nil
	}
	timeout := flushTimeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = max(time.Millisecond, min(timeout, time.Until(deadline)))
	}
	return b.conn.FlushTimeout(timeout)
}

// finishes waits for the goroutines, until ctx ends.
func finishes(ctx context.Context, g *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() { // ends with the group
		g.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
