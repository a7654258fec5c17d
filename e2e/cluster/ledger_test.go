package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// ledger is a stream of increments of which each shows whether it is there and
// whether it counted twice: event k adds 4^(k mod 24) to member k div 24 of its
// source, so a member's score has a bit for each of its events, and a double
// sets one between them.
type ledger struct {
	board, source string

	mu    sync.Mutex
	acked []uint64 // by member: the events that were acknowledged; guarded by mu
}

// width is how many events share a member; between is where no bit may be.
const (
	width   = 24
	between = uint64(0xAAAA_AAAA_AAAA)
)

func (l *ledger) member(m int) string { return fmt.Sprintf("%s-%04d", l.source, m) }

func (l *ledger) event(k int) wire.Event {
	return incr(l.member(k/width), float64(uint64(1)<<(2*(k%width))))
}

func (l *ledger) ack(k int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.acked) <= k/width {
		l.acked = append(l.acked, 0)
	}
	l.acked[k/width] |= 1 << (2 * (k % width))
}

// count is how many events have been acknowledged.
func (l *ledger) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range l.acked {
		n += bits.OnesCount64(set)
	}
	return n
}

// fill pushes events until stop is closed, a few at a time, and returns when
// all it has pushed are acknowledged. A source that the board does not know any
// more as it was (a failover forgot something) is claimed anew and goes on
// where the board stands.
func (l *ledger) fill(ctx context.Context, c *client.Client, stop <-chan struct{}) error {
	src, err := c.Source(ctx, l.board, l.source)
	if err != nil {
		return fmt.Errorf("ledger %s: %w", l.source, err)
	}
	for next := int(src.Last()); ; {
		select {
		case <-stop:
			return nil
		case <-time.After(10 * time.Millisecond):
		}
		batch := make([]wire.Event, 1+next%5)
		for i := range batch {
			batch[i] = l.event(next + i)
		}
		results, err := src.Push(ctx, batch...)
		var no *wire.Error
		if errors.As(err, &no) && (no.Code == wire.Gap || no.Code == wire.StaleEpoch || no.Code == wire.Fenced) {
			if src, err = c.Source(ctx, l.board, l.source); err != nil {
				return fmt.Errorf("ledger %s: claim anew: %w", l.source, err)
			}
			next = int(src.Last())
			continue
		}
		if err != nil {
			return fmt.Errorf("ledger %s at event %d: %w", l.source, next, err)
		}
		for i, r := range results {
			if r.Status == wire.Refused {
				return fmt.Errorf("ledger %s: event %d: %w", l.source, next+i, r.Error)
			}
			l.ack(next + i)
		}
		next += len(batch)
	}
}

// fillAll fills a ledger through each client until the func it returns is
// called, which waits for the last acks.
func fillAll(t *testing.T, board string, clients ...*client.Client) (all []*ledger, stop func()) {
	t.Helper()
	ctx, done := bounded(t), make(chan struct{})
	var wg sync.WaitGroup
	for i, c := range clients {
		l := &ledger{board: board, source: fmt.Sprintf("bot-%d", i)}
		all = append(all, l)
		wg.Go(func() {
			if err := l.fill(ctx, c, done); err != nil {
				t.Error(err)
			}
		})
	}
	return all, sync.OnceFunc(func() {
		close(done)
		wg.Wait()
	})
}

// check compares a board with the ledger: how many acknowledged events are not
// there, and how many counted twice.
func (l *ledger) check(page wire.BoardPage) (lost, doubled int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := map[string]uint64{}
	for _, e := range page.Entries {
		held[e.Member] = uint64(e.Score)
	}
	for m, want := range l.acked {
		got := held[l.member(m)]
		lost += bits.OnesCount64(want &^ got)
		doubled += bits.OnesCount64(got & between)
	}
	return lost, doubled
}

// wantExact checks that each acknowledged event counted exactly once.
func wantExact(t *testing.T, page wire.BoardPage, ledgers ...*ledger) {
	t.Helper()
	for _, l := range ledgers {
		if lost, doubled := l.check(page); lost+doubled > 0 || l.count() == 0 {
			t.Errorf("board %s, %s: of %d acknowledged events %d are lost, %d doubled", page.Board, l.source, l.count(), lost, doubled)
		}
	}
}

// wantProgress waits until each ledger has more events acknowledged than now.
func wantProgress(t *testing.T, limit time.Duration, ledgers ...*ledger) {
	t.Helper()
	for _, l := range ledgers {
		before := l.count()
		until(t, limit, func() string {
			if l.count() == before {
				return fmt.Sprintf("ledger %s stands at %d", l.source, before)
			}
			return ""
		})
	}
}
