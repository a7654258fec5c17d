package hub

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// When a breaker opens, and when it lets a batch try again.
const (
	breakerFailures = 3                      // batches that failed one after the other
	breakerTrial    = 500 * time.Millisecond // between two batches that try: some errors stand although heads can be read
	breakerForget   = time.Minute            // after a trial that nobody made
	breakerMax      = 10_000                 // boards that are watched for failures; more are taken to the store
)

// errWithheld says that the store was not asked.
var errWithheld = errors.New("the store was not asked")

// breaker keeps batches from a store that does not take them. A board's
// circuit opens after three batches that failed with
// leaderboard.ErrUnavailable, or one while no heads are told; then its events
// are answered at once, until the store tells the board's head again and one
// batch has gone through.
type breaker struct {
	hub *Hub

	mu       sync.Mutex
	circuits map[string]*circuit // guarded by mu; of boards whose last batch failed
	tripped  int                 // guarded by mu; how many of them have opened
	since    time.Time           // guarded by mu; when the first of these did
	probing  bool                // guarded by mu; the prober runs
}

// circuit is one board whose last batch failed.
type circuit struct {
	failures int
	tripped  bool      // has opened, and no batch has gone through since
	open     bool      // no batch is tried
	trial    time.Time // not before this is one tried
}

func newBreaker(h *Hub) *breaker { return &breaker{hub: h, circuits: map[string]*circuit{}} }

// refuse returns why no batch of the board is tried now; nil = one is.
func (b *breaker) refuse(board string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.circuits[board]; c == nil || !c.open {
		return nil
	}
	return fmt.Errorf("%w: %w: %w", leaderboard.ErrUnavailable, errWithheld, &wire.Error{
		Code: wire.Unavailable, Message: "the store takes no events of this board now",
		RetryAfterMS: (breakerTrial*4/5 + rand.N(breakerTrial*2/5)).Milliseconds(),
	})
}

// report takes what came of a batch.
func (b *breaker) report(board string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[board]
	switch {
	case !errors.Is(err, leaderboard.ErrUnavailable):
		if c != nil {
			b.closeLocked(board, c)
		}
		return
	case c == nil && !b.roomLocked():
		return
	case c == nil:
		c = &circuit{}
		b.circuits[board] = c
	}
	// That the store is not there, one board need not find out three times.
	if c.failures++; c.tripped || c.failures >= breakerFailures || !b.hub.reads.since().IsZero() {
		b.openLocked(board, c, err)
	}
}

// roomLocked reports whether one more board can be watched: if need be, those
// that have failed and not opened are forgotten.
func (b *breaker) roomLocked() bool {
	if len(b.circuits) >= breakerMax {
		maps.DeleteFunc(b.circuits, func(_ string, c *circuit) bool { return !c.tripped })
	}
	return len(b.circuits) < breakerMax
}

func (b *breaker) openLocked(board string, c *circuit, err error) {
	now := time.Now()
	c.open, c.trial = true, now.Add(breakerTrial)
	if !c.tripped {
		c.tripped = true
		b.hub.metrics.breakerOpened.Inc()
		if b.tripped++; b.tripped == 1 {
			b.since = now
			b.hub.log.Error("store takes no events: they are answered unavailable until it does", "board", board, "err", err)
		}
	}
	if !b.probing {
		b.probing = b.hub.spawn(b.probe)
	}
}

func (b *breaker) closeLocked(board string, c *circuit) {
	delete(b.circuits, board)
	if !c.tripped {
		return
	}
	if b.tripped--; b.tripped == 0 {
		b.hub.log.Info("store takes events again", "board", board, "after", time.Since(b.since).Round(time.Millisecond).String())
	}
}

// state is how many boards have opened, and when the first of them did.
func (b *breaker) state() (tripped int, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tripped, b.since
}
