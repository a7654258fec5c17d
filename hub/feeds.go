package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"rollcall/leaderboard"
)

// feeds are the boards this node serves: each with its replica and views.
type feeds struct {
	hub *Hub

	mu   sync.Mutex
	open map[string]*feed // guarded by mu
	kept string           // guarded by mu; this one is not dropped for being idle
}

// get returns the board's feed, starting one if there is none. The caller
// waits for it with feed.await.
func (fs *feeds) get(board string) *feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.open[board]
	if f == nil {
		f = newFeed(fs.hub, board)
		f.unwatch = fs.hub.bus.WatchBoard(board) // before the first read
		fs.open[board] = f
		f.start()
	}
	f.used.Store(time.Now().UnixNano())
	return f
}

// keep serves a board whether anybody uses it or not: a node that has no replica
// does not notice what the store loses.
func (fs *feeds) keep(board string) {
	fs.mu.Lock()
	fs.kept = board
	fs.mu.Unlock()
	fs.get(board)
}

// peek returns the board's feed if there is one.
func (fs *feeds) peek(board string) *feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.open[board]
}

// changed takes a delta that was made here to the board's feed. A node also
// serves what it acks for, so a board without a feed gets one. If the replica
// is beyond it, it has read the delta already, or the store has gone back.
func (fs *feeds) changed(board string, d leaderboard.Delta) {
	f := fs.get(board)
	f.hear(d)
	if now := f.head(); now.Epoch == d.Epoch && now != d.Head() {
		fs.hub.poller.ask(board)
	}
}

// answered takes the head after a batch that changed nothing: of events that
// were sent again because their answer was lost, nobody has the delta.
func (fs *feeds) answered(board string, head leaderboard.Head) {
	if !fs.hub.cfg.Shared {
		return
	}
	f := fs.peek(board)
	if f == nil {
		return
	}
	if now := f.head(); now.Epoch != head.Epoch || now.Version < head.Version || now.Version == head.Version && now.Chain != head.Chain {
		fs.hub.poller.ask(board)
	}
}

// epoch is that of the board as it is known here, "" if it is not.
func (fs *feeds) epoch(board string) string {
	f := fs.peek(board)
	if f == nil {
		return ""
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if last := f.knownLocked().last(); last != nil {
		return last.Head().Epoch
	}
	return ""
}

// renewed makes the board's feed, if there is one, forget what it knows and
// read the store again: the board was created or deleted. A read that comes
// after waits for that.
func (fs *feeds) renewed(board string) {
	if f := fs.peek(board); f != nil {
		f.renew()
	}
}

// settle ends a feed's sync, unless there is more to read. The feed of a board
// that is not there and that nobody watches is dropped; so is one that could not
// be read and that nobody waits for any more, neither readers nor bots: names that do not exist must not
// gather while the store is away.
func (fs *feeds) settle(f *feed) (done bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	unwanted := f.rep == nil && len(f.views) == 0
	if f.missed && fs.hub.life.Err() == nil {
		if !unwanted || len(f.waiting) > 0 || fs.hub.standings.has(f.board) {
			return false
		}
		f.err = f.loadingLocked()
	}
	f.syncing = false
	f.advancedLocked()
	if unwanted {
		fs.dropLocked(f)
	}
	return true
}

// sweep drops replicas that nobody used for the keep time.
func (fs *feeds) sweep(now time.Time) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.open {
		f.mu.Lock()
		if f.board != fs.kept && f.idleLocked(now) > fs.hub.cfg.ReplicaKeep {
			fs.dropLocked(f)
		}
		f.mu.Unlock()
	}
}

// dropLocked forgets a feed; mu and the feed's mu are held.
func (fs *feeds) dropLocked(f *feed) {
	f.dropped = true
	delete(fs.open, f.board)
	f.unwatch()
}

func (fs *feeds) count() int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return len(fs.open)
}

// waiting counts the reads that wait.
func (fs *feeds) waiting() int { return fs.sum(func(f *feed) int { return len(f.waiting) }) }

// views counts what is rendered.
func (fs *feeds) views() int { return fs.sum(func(f *feed) int { return len(f.views) }) }

func (fs *feeds) sum(count func(*feed) int) (n int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.open {
		f.mu.Lock()
		n += count(f)
		f.mu.Unlock()
	}
	return n
}

// warm opens every board, so that the first read finds its replica.
func (fs *feeds) warm(ctx context.Context) error {
	infos, err := fs.hub.boards.List(ctx)
	if err != nil {
		return err
	}
	for i, info := range infos {
		_, err := fs.get(info.Board).await(ctx, 0)
		if err != nil && !errors.Is(err, leaderboard.ErrUnknownBoard) { // deleted meanwhile
			return err
		}
		if i%1000 == 999 {
			fs.hub.log.Info("warming boards", "done", i+1, "of", len(infos))
		}
	}
	return nil
}
