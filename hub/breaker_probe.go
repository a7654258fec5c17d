package hub

import (
	"context"
	"slices"
	"time"

	"rollcall/leaderboard"
)

// Bounds of the prober.
const (
	probeEvery   = 250 * time.Millisecond
	probeTimeout = 500 * time.Millisecond
)

// probe looks for all open boards together whether the store is there again,
// until none is left.
func (b *breaker) probe() {
	t := time.NewTicker(probeEvery)
	defer t.Stop()
	for {
		select {
		case <-b.hub.life.Done():
			return
		case now := <-t.C:
			due, done := b.due(now)
			if done {
				return
			}
			b.look(due)
		}
	}
}

// due returns the boards to look for; done if none is open, and none has been.
// A board that nobody tries again is forgotten: its next batch is the first.
func (b *breaker) due(now time.Time) (boards []string, done bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for board, c := range b.circuits {
		switch {
		case c.open && !c.trial.After(now):
			boards = append(boards, board)
		case c.tripped && !c.open && now.Sub(c.trial) > breakerForget:
			b.closeLocked(board, c)
		}
	}
	if b.tripped == 0 {
		b.probing = false
	}
	return boards, b.tripped == 0
}

// look asks for heads, headsPerCall at once, until a call is not answered. A
// board whose head is told is let through once.
func (b *breaker) look(boards []string) {
	for chunk := range slices.Chunk(boards, headsPerCall) {
		ctx, cancel := context.WithTimeout(b.hub.life, probeTimeout)
		heads, err := b.hub.boards.Heads(ctx, chunk)
		cancel()
		b.hub.reads.note(len(heads) > 0, err)
		b.told(heads)
		if len(heads) == 0 {
			return
		}
	}
}

func (b *breaker) told(heads map[string]leaderboard.Head) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for board := range heads {
		if c := b.circuits[board]; c != nil {
			c.open, c.trial = false, time.Now()
		}
	}
}
