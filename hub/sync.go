package hub

import (
	"context"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// resyncMax bounds the pause of a sync whose store does not answer; it doubles
// from retryAfter on.
const resyncMax = 2 * time.Second

// errStopping is why there is no replica on a node that ended before it had
// one.
var errStopping = &wire.Error{Code: wire.Unavailable, Message: "the node is going down", RetryAfterMS: retryAfter.Milliseconds()}

// errLoading is why there is no replica yet; errAway is why if the store did
// not answer.
var (
	errLoading = &wire.Error{Code: wire.NotReady, Message: "the board is still loading", RetryAfterMS: retryAfter.Milliseconds()}
	errAway    = &wire.Error{Code: wire.NotReady, Message: "the store does not answer, and this node has not read the board yet", RetryAfterMS: retryAfter.Milliseconds()}
)

// start reads the board for the first time.
func (f *feed) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncLocked()
}

// renew forgets the replica and reads the board again. What a node says is no
// proof: if the store has no such board, its epoch must have been ended. A board
// that was known to be lost is given up.
func (f *feed) renew() {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.lost:
		f.was = nil
	case f.rep != nil:
		f.was = f.rep
	}
	f.foundLocked()
	f.replaceLocked(nil, errStopping)
	f.renewed++
	f.missed = true
	f.syncLocked()
}

// repairLocked brings the replica to the store's state.
func (f *feed) repairLocked() {
	if !f.syncing {
		f.hub.metrics.repairs.Inc()
		f.syncLocked()
	}
}

// syncLocked starts to read the store; at most one goroutine does.
func (f *feed) syncLocked() {
	if !f.syncing && !f.dropped {
		f.syncing = f.hub.spawn(f.sync)
	}
}

// sync reads the store until there is nothing more to read. While the store
// does not answer the feed stays as it is, and its views show what they showed.
func (f *feed) sync() {
	wait := retryAfter
	for {
		f.mu.Lock()
		f.missed = false
		k := f.knownLocked()
		f.mu.Unlock()
		err := f.read(k)
		f.mu.Lock()
		f.missed, f.away = f.missed || err != nil, err != nil
		f.mu.Unlock()
		if err != nil {
			f.hub.log.Warn("board not read", "board", f.board, "err", err)
			f.hub.pause(wait)
			wait = min(2*wait, resyncMax)
		}
		if f.hub.feeds.settle(f) {
			return
		}
	}
}

// catchUp folds the changelog after the replica's head.
func (f *feed) catchUp(rep *leaderboard.Replica) error {
	deltas, err := f.hub.boards.Changes(f.hub.life, f.board, rep.Head())
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range deltas {
		if f.rep != rep {
			return nil // the board was renewed, and missed says so
		}
		if !f.foldLocked(d) {
			return leaderboard.ErrGone
		}
	}
	return nil
}

// replaceLocked makes rep the replica. Of a board that is gone, watchers see
// an empty one.
func (f *feed) replaceLocked(rep *leaderboard.Replica, err error) {
	f.rep, f.err, f.recent = rep, err, nil
	f.advancedLocked()
}

// pause waits, or until the node stops.
func (h *Hub) pause(d time.Duration) {
	ctx, cancel := context.WithTimeout(h.life, d)
	defer cancel()
	<-ctx.Done()
}
