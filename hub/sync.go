package hub

import (
	"context"
	"errors"
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

// errLoading is why there is no replica yet.
var errLoading = &wire.Error{Code: wire.NotReady, Message: "the board is still loading", RetryAfterMS: retryAfter.Milliseconds()}

// start reads the board for the first time.
func (f *feed) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncLocked()
}

// renew forgets the replica and reads the board again.
func (f *feed) renew() {
	f.mu.Lock()
	defer f.mu.Unlock()
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
		rep, renewed := f.rep, f.renewed
		f.mu.Unlock()
		if err := f.read(rep, renewed); err != nil {
			f.hub.log.Warn("board not read", "board", f.board, "err", err)
			f.mu.Lock()
			f.missed = true
			f.mu.Unlock()
			f.hub.pause(wait)
			wait = min(2*wait, resyncMax)
		}
		if f.hub.feeds.settle(f) {
			return
		}
	}
}

// read brings the replica on by the changelog, or replaces it by the store's
// snapshot; not by one that was begun before the board was renewed.
func (f *feed) read(rep *leaderboard.Replica, renewed int) error {
	if rep != nil {
		err := f.catchUp(rep)
		if !errors.Is(err, leaderboard.ErrGone) && !errors.Is(err, leaderboard.ErrUnknownBoard) {
			return err
		}
	}
	snap, err := f.hub.boards.Snapshot(f.hub.life, f.board)
	switch {
	case err == nil:
		if rep != nil {
			f.hub.log.Warn("board read anew", "board", f.board, "was", rep.Head(), "is", snap.Head)
		}
		rep = leaderboard.NewReplica(snap)
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		if rep != nil {
			f.hub.log.Warn("board is gone from the store", "board", f.board, "was", rep.Head())
		}
		rep = nil
	default:
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.renewed == renewed { // else missed says so
		f.replaceLocked(rep, err)
	}
	return nil
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
