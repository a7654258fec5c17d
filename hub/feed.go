package hub

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// feed is one board on this node: its replica, kept equal to the store, and
// the views of it.
type feed struct {
	hub    *Hub
	board  string
	loaded chan struct{} // closed after the first load, also a failed one
	used   atomic.Int64  // unix ns of the last use

	mu      sync.Mutex
	rep     *leaderboard.Replica // nil until loaded, or when there is no such board
	err     error                // why rep is nil after the load
	moved   chan struct{}        // closed and renewed when rep advances
	missed  bool                 // a delta came that rep could not take
	syncing bool                 // a repair runs
	views   map[string]*view     // by key
	recent  []activity           // the latest changes, newest last
}

func newFeed(h *Hub, board string) *feed {
	return &feed{hub: h, board: board, loaded: make(chan struct{}), moved: make(chan struct{}), views: map[string]*view{}}
}

// load reads the board from the store for the first time.
func (f *feed) load() {
	err := f.reread()
	if err != nil {
		f.hub.feeds.drop(f)
	}
	close(f.loaded)
	f.mu.Lock()
	missed := f.missed
	f.mu.Unlock()
	if missed && err == nil {
		f.repair()
	}
}

// reread replaces the replica by the store's snapshot. A board that is gone
// leaves watchers with an empty one.
func (f *feed) reread() error {
	snap, err := f.hub.boards.Snapshot(context.Background(), f.board)
	var rep *leaderboard.Replica
	if err == nil {
		rep = leaderboard.NewReplica(snap)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil || errors.Is(err, leaderboard.ErrUnknownBoard) {
		f.rep, f.err, f.recent = rep, err, nil
		f.advancedLocked()
	}
	return err
}

// hear folds a delta into the replica; one that does not fit starts a repair.
func (f *feed) hear(d leaderboard.Delta) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil {
		f.missed = true
		return
	}
	if err := f.rep.Apply(d); err != nil {
		f.missed = true
		f.repairLocked()
		return
	}
	f.rememberLocked(d)
	f.advancedLocked()
}

func (f *feed) advancedLocked() {
	close(f.moved)
	f.moved = make(chan struct{})
	if len(f.views) > 0 {
		f.hub.pacer.mark(f)
	}
}

// repair brings the replica to the store's state; at most one runs.
func (f *feed) repair() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.missed = true
	f.repairLocked()
}

func (f *feed) repairLocked() {
	if f.syncing {
		return
	}
	f.hub.metrics.repairs.Inc()
	f.syncing = f.hub.spawn(func() {
		for f.syncOnce() {
		}
	})
}

// syncOnce reads what the replica misses and reports whether it must go again.
func (f *feed) syncOnce() (again bool) {
	f.mu.Lock()
	f.missed = false
	rep := f.rep
	f.mu.Unlock()

	err := leaderboard.ErrGone
	if rep != nil {
		err = f.catchUp(rep)
	}
	if errors.Is(err, leaderboard.ErrGone) {
		err = f.reread()
	}
	failed := err != nil && !errors.Is(err, leaderboard.ErrUnknownBoard)
	if failed {
		f.hub.log.Warn("board not repaired", "board", f.board, "err", err)
		failed = f.hub.pause(retryAfter)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if failed || f.missed && f.rep != nil {
		return true
	}
	f.syncing = false
	return false
}

// catchUp folds the changelog after the replica's head.
func (f *feed) catchUp(rep *leaderboard.Replica) error {
	deltas, err := f.hub.boards.Changes(context.Background(), f.board, rep.Head())
	if errors.Is(err, leaderboard.ErrUnknownBoard) {
		return leaderboard.ErrGone
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range deltas {
		if rep.Apply(d) != nil {
			return leaderboard.ErrGone
		}
		f.rememberLocked(d)
	}
	f.advancedLocked()
	return nil
}

// wait returns the replica once it is loaded. The error is not_ready when ctx
// ends first.
func (f *feed) wait(ctx context.Context) (*leaderboard.Replica, error) {
	select {
	case <-f.loaded:
	default:
		select {
		case <-f.loaded:
		case <-ctx.Done():
			return nil, &wire.Error{Code: wire.NotReady, Message: "the board is still loading", RetryAfterMS: retryAfter.Milliseconds()}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil {
		return nil, f.err
	}
	return f.rep, nil
}

// waitVersion waits until the replica is at version v or later. The error is
// behind when ctx ends first.
func (f *feed) waitVersion(ctx context.Context, v uint64) (*leaderboard.Replica, error) {
	for {
		rep, err := f.wait(ctx)
		if err != nil {
			return nil, err
		}
		f.mu.Lock()
		moved := f.moved
		f.mu.Unlock()
		if rep.Head().Version >= v {
			return rep, nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, &wire.Error{Code: wire.Behind, Field: "min_version", Message: "the board has not reached that version", RetryAfterMS: retryAfter.Milliseconds()}
		}
	}
}

func (f *feed) idleSince(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.views) > 0 || f.syncing {
		return 0
	}
	return now.Sub(time.Unix(0, f.used.Load()))
}
