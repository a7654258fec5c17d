package hub

import (
	"context"
	"sync"
	"time"

	"rollcall/leaderboard"
)

// feeds are the boards this node serves: each with its replica and views.
type feeds struct {
	hub *Hub

	mu   sync.Mutex
	open map[string]*feed // guarded by mu
}

// get returns the board's feed, starting one if there is none. The caller
// waits for it with feed.wait.
func (fs *feeds) get(board string) *feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.open[board]
	if f == nil {
		f = newFeed(fs.hub, board)
		fs.open[board] = f
		fs.hub.spawn(f.load)
	}
	f.used.Store(time.Now().UnixNano())
	return f
}

// peek returns the board's feed if there is one.
func (fs *feeds) peek(board string) *feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.open[board]
}

// changed takes a delta of a board to its feed. A node also serves what it
// acks for, so a board without a feed gets one.
func (fs *feeds) changed(board string, d leaderboard.Delta) { fs.get(board).hear(d) }

// HearDelta takes a delta that another node applied; boards nobody here asked
// for are skipped.
func (h *Hub) HearDelta(board string, d leaderboard.Delta) {
	if f := h.feeds.peek(board); f != nil {
		f.hear(d)
	}
}

// reload makes the board's feed, if there is one, read the store again: the
// board was created or deleted.
func (fs *feeds) reload(board string) {
	if f := fs.peek(board); f != nil {
		f.repair()
	}
}

// drop forgets a feed that could not be opened.
func (fs *feeds) drop(f *feed) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.open[f.board] == f {
		delete(fs.open, f.board)
	}
}

// sweep drops replicas that nobody used for the keep time.
func (fs *feeds) sweep(now time.Time) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for board, f := range fs.open {
		if f.idleSince(now) > fs.hub.cfg.ReplicaKeep {
			delete(fs.open, board)
		}
	}
}

func (fs *feeds) count() int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return len(fs.open)
}

// warm opens every board, so that the first read finds its replica.
func (fs *feeds) warm(ctx context.Context) error {
	infos, err := fs.hub.boards.List(ctx)
	if err != nil {
		return err
	}
	for i, info := range infos {
		if _, err := fs.get(info.Board).wait(ctx); err != nil {
			return err
		}
		if i%1000 == 999 {
			fs.hub.log.Info("warming boards", "done", i+1, "of", len(infos))
		}
	}
	return nil
}
