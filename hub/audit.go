package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"rollcall/leaderboard"
)

// Bounds of one audit.
const (
	auditTimeout = 5 * time.Second
	auditTries   = 10                    // looks at a busy board until sample and replica are of one head
	auditPause   = 50 * time.Millisecond // about, between two
)

// auditor compares one board in turn with what the store holds: heads that
// agree do not prove that what lies below them does.
type auditor struct {
	hub *Hub

	mu   sync.Mutex
	last string          // guarded by mu; the board audited last
	bad  map[string]bool // guarded by mu; boards that the store holds damaged
}

func newAuditor(h *Hub) *auditor { return &auditor{hub: h, bad: map[string]bool{}} }

// run audits a board about every Config.AuditEvery until ctx ends. Nodes that
// start together do not audit together.
func (a *auditor) run(ctx context.Context) {
	every := a.hub.cfg.AuditEvery
	for wait := rand.N(every); ; wait = every*9/10 + rand.N(every/5+1) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if f := a.next(); f != nil {
			result := a.audit(f)
			a.hub.metrics.audits.WithLabelValues(result).Inc()
			a.note(f.board, result)
		}
	}
}

// next returns the served board that follows the last one by name.
func (a *auditor) next() *feed {
	feeds := a.hub.feeds.served(nil, true)
	a.forget(feeds)
	a.mu.Lock()
	defer a.mu.Unlock()
	var first, next *feed
	for _, f := range feeds {
		if first == nil || f.board < first.board {
			first = f
		}
		if f.board > a.last && (next == nil || f.board < next.board) {
			next = f
		}
	}
	if next == nil {
		next = first
	}
	if next != nil {
		a.last = next.board
	}
	return next
}

// Results of an audit, as the metric's label.
const (
	auditSame     = "same"
	auditMismatch = "mismatch" // the replica differs: it is read again
	auditDamaged  = "damaged"  // the store contradicts itself
	auditBusy     = "busy"     // sample and replica were never of one head
	auditFailed   = "failed"   // the store did not answer
	auditGone     = "gone"     // there is nothing to compare
)

// audit compares the board with a sample of the store's.
func (a *auditor) audit(f *feed) string {
	for range auditTries {
		ctx, cancel := context.WithTimeout(a.hub.life, auditTimeout)
		sample, err := a.hub.boards.Sample(ctx, f.board)
		cancel()
		switch {
		case errors.Is(err, leaderboard.ErrDamaged):
			a.hub.log.Error("store contradicts itself: restore the board from a backup", "board", f.board, "err", err)
			return auditDamaged
		case errors.Is(err, leaderboard.ErrUnknownBoard):
			a.hub.poller.ask(f.board)
			return auditGone
		case err != nil:
			a.hub.log.Warn("board not audited", "board", f.board, "err", err)
			return auditFailed
		}
		switch compared, fault := f.compare(sample); {
		case fault != nil:
			a.hub.log.Error("replica differs from the store: it is read again", "board", f.board, "at", sample.Head, "err", fault)
			return auditMismatch
		case compared:
			return auditSame
		}
		a.hub.pause(auditPause/2 + rand.N(auditPause))
		if a.hub.life.Err() != nil {
			break
		}
	}
	return auditBusy
}

// note remembers the boards that the store holds damaged.
func (a *auditor) note(board, result string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch result {
	case auditDamaged:
		a.bad[board] = true
	case auditSame, auditMismatch, auditGone:
		delete(a.bad, board)
	}
}

// damaged is how many boards the store holds damaged, of those served here.
func (a *auditor) damaged() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.bad)
}

// forget drops boards that are not served any more.
func (a *auditor) forget(served []*feed) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for board := range a.bad {
		if !slices.ContainsFunc(served, func(f *feed) bool { return f.board == board }) {
			delete(a.bad, board)
		}
	}
}
