package pebbleboard

import (
	"context"
	"sync"

	"rollcall/leaderboard"
)

// board is one board of the store.
type board struct {
	name  string // static
	epoch string // static

	mu       sync.Mutex
	state    *leaderboard.State
	gone     bool      // deleted
	underWay []*commit // not yet durable, oldest first: state runs ahead by them
	log      logWindow // what the changelog holds
	keys     []byte    // scratch
}

// arrived marks the board's oldest change as durable, unless it was reverted.
func (b *board) arrived(c *commit) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.reverted {
		return false
	}
	b.underWay = b.underWay[1:]
	return true
}

// revert undoes what is under way, newest first.
func (b *board) revert() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.underWay) - 1; i >= 0; i-- {
		c := b.underWay[i]
		c.reverted = true
		if c.did != nil {
			b.state.Revert(c.did)
		}
	}
	b.underWay, b.gone = nil, false
}

// read calls f with the state as it is on disk: it waits for what is under way
// when it begins. f may be called more than once and must be quick; the last
// call counts.
func (s *Store) read(ctx context.Context, b *board, f func(*leaderboard.State)) error {
	for {
		b.mu.Lock()
		if b.gone {
			b.mu.Unlock()
			return leaderboard.ErrUnknownBoard
		}
		f(b.state)
		last := b.lastLocked()
		b.mu.Unlock()
		if last == nil || s.wait(ctx, last) == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
