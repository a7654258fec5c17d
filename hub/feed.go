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
	hub     *Hub
	board   string
	unwatch func()       // tells the bus that nobody here wants the board
	used    atomic.Int64 // unix ns of the last use

	mu      sync.Mutex
	rep     *leaderboard.Replica // nil until read, or when there is no such board
	err     error                // why rep is nil
	syncing bool                 // a goroutine reads the store
	missed  bool                 // the store may have what that goroutine did not see
	dropped bool                 // feeds has forgotten it: nothing tells it what changes, and it reads no more
	renewed int                  // how often it had to forget what it knew
	was     *leaderboard.Replica // rep before it forgot; nil once the store has told what the board is
	lost    bool                 // the store has lost the board: rep is the last that is known
	wrong   bool                 // rep contradicts the store
	away    bool                 // the last read failed
	recent  []activity           // the latest changes, newest last

	waiting map[chan struct{}]uint64 // readers, by the version they wait for
	views   map[string]*view         // by key
	soonest time.Time                // before this no view may have another frame

	repainted leaderboard.Head // of it something wrong was shown
	repaints  int
}

func newFeed(h *Hub, board string) *feed {
	return &feed{hub: h, board: board, err: errStopping, waiting: map[chan struct{}]uint64{}, views: map[string]*view{}}
}

// hear folds a delta into the replica; one that does not fit starts a repair.
func (f *feed) hear(d leaderboard.Delta) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil || !f.foldLocked(d) {
		f.missed = true
		f.repairLocked()
	}
}

// foldLocked applies one delta and reports whether it fits.
func (f *feed) foldLocked(d leaderboard.Delta) bool {
	before := f.rep.Head()
	if f.rep.Apply(d) != nil {
		return false
	}
	if f.rep.Head() != before {
		f.rememberLocked(d)
		f.advancedLocked()
	}
	return true
}

func (f *feed) advancedLocked() {
	f.wakeLocked()
	if len(f.views) > 0 {
		f.hub.pacer.mark(f, f.soonest)
	}
}

// await returns the replica once it is there and at the version or later. The
// error is not_ready or behind when ctx or the node ends first. A board that had
// that version is there, whatever was remembered of its name.
func (f *feed) await(ctx context.Context, version uint64) (*leaderboard.Replica, error) {
	began := time.Now()
	rep, err := f.reach(ctx, version)
	if version > 0 && errors.Is(err, leaderboard.ErrUnknownBoard) && f.hub.wary.missing.forgetOld(f.board, began) {
		return f.hub.feeds.get(f.board).reach(ctx, version)
	}
	return rep, err
}

func (f *feed) reach(ctx context.Context, version uint64) (*leaderboard.Replica, error) {
	for asked := false; ; asked = true {
		rep, wake, err := f.ask(version, asked)
		if wake == nil {
			return rep, err
		}
		if version > 0 {
			f.hub.poller.ask(f.board) // the hint may be lost, and the next look a second away
		}
		select {
		case <-wake:
			continue
		case <-ctx.Done():
		case <-f.hub.life.Done():
		}
		return nil, f.giveUp(wake)
	}
}

// ask returns the replica, or why there is none, or what wakes when to ask
// again. That there is no such board is asked of the store once more, where
// another node may have created it.
func (f *feed) ask(version uint64, asked bool) (rep *leaderboard.Replica, wake chan struct{}, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil && !f.syncing && f.hub.cfg.Shared && !asked {
		f.syncLocked()
	}
	switch {
	case f.rep == nil && f.hub.losses.has(f.board):
		return nil, nil, lostFault(f.board)
	case f.rep != nil && f.rep.Head().Version >= version:
		return f.rep, nil, nil
	case f.rep == nil && !f.syncing:
		return nil, nil, f.err
	}
	wake = make(chan struct{})
	f.waiting[wake] = version
	return nil, wake, nil
}

func (f *feed) giveUp(wake chan struct{}) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, wake)
	if f.rep == nil {
		return f.loadingLocked()
	}
	return &wire.Error{Code: wire.Behind, Field: "min_version", Message: "the board has not reached that version", RetryAfterMS: retryAfter.Milliseconds()}
}

// loadingLocked is why a board that exists perhaps is not here.
func (f *feed) loadingLocked() error {
	if f.away {
		return errAway
	}
	return errLoading
}

// wakeLocked wakes the readers that have what they wait for, or never will.
func (f *feed) wakeLocked() {
	if len(f.waiting) == 0 || f.unknownLocked() {
		return
	}
	for wake, version := range f.waiting {
		if f.rep == nil || f.rep.Head().Version >= version {
			close(wake)
			delete(f.waiting, wake)
		}
	}
}

// unknownLocked reports that what the board is now is still being read: it must
// not be shown as empty.
func (f *feed) unknownLocked() bool { return f.rep == nil && f.syncing }

func (f *feed) idleLocked(now time.Time) time.Duration {
	if len(f.views)+len(f.waiting) > 0 || f.syncing || f.lost {
		return 0
	}
	return now.Sub(time.Unix(0, f.used.Load()))
}
