package e2e_test

import (
	"context"
	"fmt"
	"math/bits"
	"sync"
	"testing"

	"rollcall/client"
	"rollcall/wire"
)

// ledger is a stream of increments of which each shows whether it is there and
// whether it counted twice: event k adds 2^(k mod 48) to member k div 48, so a
// member's score is the set of its events, and a double carries into another.
type ledger struct {
	board string

	mu    sync.Mutex
	acked []uint64 // by member: the events that were acknowledged; guarded by mu
}

// width is how many events share a member; their sum stays within 2^53.
const width = 48

func (l *ledger) event(k int) wire.Event {
	return incr(fmt.Sprintf("m%05d", k/width), float64(uint64(1)<<(k%width)))
}

func (l *ledger) ack(k int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.acked) <= k/width {
		l.acked = append(l.acked, 0)
	}
	l.acked[k/width] |= 1 << (k % width)
}

// acknowledged is how many events have been acknowledged, and which.
func (l *ledger) acknowledged() (n int, sets []uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range l.acked {
		n += bits.OnesCount64(set)
	}
	return n, append(sets, l.acked...)
}

// fill pushes events, a few at each beat, until the beats end; it returns how
// many. Every event it returns for has been acknowledged.
func (l *ledger) fill(ctx context.Context, beats <-chan struct{}, push func(context.Context, ...wire.Event) ([]wire.Result, error)) (int, error) {
	for next := 0; ; {
		select {
		case <-ctx.Done():
			return next, ctx.Err()
		case _, more := <-beats:
			if !more {
				return next, nil
			}
		}
		batch := make([]wire.Event, 1+next%5)
		for i := range batch {
			batch[i] = l.event(next + i)
		}
		results, err := push(ctx, batch...)
		if err != nil {
			return next, fmt.Errorf("ledger %s: %w", l.board, err)
		}
		for i, r := range results {
			if r.Status == wire.Refused {
				return next, fmt.Errorf("ledger %s: event %d: %w", l.board, next+i, r.Error)
			}
			l.ack(next + i)
		}
		next += len(batch)
	}
}

// wantHeld checks that what was acknowledged before is on the board. Members
// that were never acknowledged are not looked at.
func (l *ledger) wantHeld(t testing.TB, api *client.API, acked []uint64) {
	t.Helper()
	held := l.read(t, api)
	for member, want := range acked {
		if lost := want &^ held[fmt.Sprintf("m%05d", member)]; lost != 0 {
			t.Errorf("ledger %s, member %d: %d acknowledged events are lost (%x)", l.board, member, bits.OnesCount64(lost), lost)
		}
	}
}

// wantExact checks that each of the first n events counted exactly once.
func (l *ledger) wantExact(t testing.TB, api *client.API, n int) {
	t.Helper()
	held := l.read(t, api)
	if want := (n + width - 1) / width; len(held) != want {
		t.Errorf("ledger %s: %d members, want %d", l.board, len(held), want)
	}
	for first := 0; first < n; first += width {
		want := uint64(1)<<min(width, n-first) - 1
		if got := held[fmt.Sprintf("m%05d", first/width)]; got != want {
			t.Errorf("ledger %s, events from %d: score %x, want %x", l.board, first, got, want)
		}
	}
}

// read returns the score of each member, as the set of bits it is.
func (l *ledger) read(t testing.TB, api *client.API) map[string]uint64 {
	t.Helper()
	held := map[string]uint64{}
	for offset := 0; ; offset += wire.MaxPage {
		page, err := api.Board(bounded(t), l.board, client.BoardQuery{Offset: offset, Limit: wire.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			held[e.Member] = uint64(e.Score)
		}
		if offset+wire.MaxPage >= page.Total {
			return held
		}
	}
}
