package hub

import (
	"context"
	"sync"
	"time"

	"rollcall/leaderboard"
)

// Bounds of one look at heads.
const (
	headsPerCall = 1000 // 1.8 ms of a Redis, measured
	headsTimeout = 2 * time.Second
	doubtWait    = 20 * time.Millisecond // doubts that share a look
)

// poller compares the boards served here with the heads in the store: the bus
// loses things, and nobody else would miss the last event of a quiet board
// whose node died before it told of it.
type poller struct {
	hub  *Hub
	wake chan struct{} // holds at most one

	mu    sync.Mutex
	all   bool            // guarded by mu: every board is in doubt
	doubt map[string]bool // guarded by mu: these boards are
}

func newPoller(h *Hub) *poller {
	return &poller{hub: h, wake: make(chan struct{}, 1), doubt: map[string]bool{}}
}

// ask wants a look at these boards soon, or at every board if there are none.
func (p *poller) ask(boards ...string) {
	if !p.hub.cfg.Shared {
		return // nobody else writes
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = p.all || len(boards) == 0
	for _, b := range boards {
		p.doubt[b] = true
	}
	select {
	case p.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// run looks at all heads at each tick, and at those in doubt when asked.
func (p *poller) run(ctx context.Context) {
	t := time.NewTicker(p.hub.cfg.HeadPoll)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			p.ask()
		case <-p.wake:
			p.hub.pause(doubtWait)
			p.look(p.take())
		}
	}
}

// take returns the boards in doubt that are served here.
func (p *poller) take() []*feed {
	p.mu.Lock()
	defer p.mu.Unlock()
	feeds := p.hub.feeds.served(p.doubt, p.all)
	p.all = false
	clear(p.doubt)
	return feeds
}

func (p *poller) look(feeds []*feed) {
	for len(feeds) > 0 {
		n := min(len(feeds), headsPerCall)
		if !p.compare(feeds[:n]) {
			return // the next tick asks again
		}
		feeds = feeds[n:]
	}
}

// compare compares boards with their heads in the store, those that it tells;
// false if it told none.
func (p *poller) compare(feeds []*feed) bool {
	names, before := make([]string, len(feeds)), make([]leaderboard.Head, len(feeds))
	for i, f := range feeds {
		names[i], before[i] = f.board, f.head()
	}
	ctx, cancel := context.WithTimeout(p.hub.life, headsTimeout)
	defer cancel()
	heads, err := p.hub.boards.Heads(ctx, names)
	result := "ok"
	if err != nil {
		result = "failed"
		p.hub.log.Debug("heads not read", "boards", len(names)-len(heads), "of", len(names), "err", err)
	}
	p.hub.metrics.polls.WithLabelValues(result).Inc()
	p.hub.reads.note(len(heads) > 0, err)
	for i, f := range feeds {
		if head, told := heads[f.board]; told {
			f.check(before[i], head)
		}
	}
	return len(heads) > 0
}

// served returns the feeds of these boards, or all of them.
func (fs *feeds) served(boards map[string]bool, all bool) []*feed {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var list []*feed
	for name, f := range fs.open {
		if all || boards[name] {
			list = append(list, f)
		}
	}
	return list
}

// head is the replica's head, zero without one.
func (f *feed) head() leaderboard.Head {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rep == nil {
		return leaderboard.Head{}
	}
	return f.rep.Head()
}

// check compares the replica with a head that the store had after the replica
// was at before. What differs is read again.
func (f *feed) check(before, store leaderboard.Head) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var now leaderboard.Head
	if f.rep != nil {
		now = f.rep.Head()
	}
	same := store.Epoch == now.Epoch && store.Version <= now.Version && store.Version >= before.Version &&
		(store.Version != before.Version || store.Chain == before.Chain)
	if f.lost {
		same = store == leaderboard.Head{} // it still is
	}
	if f.rep == nil && store != (leaderboard.Head{}) {
		f.hub.wary.missing.forget(f.board)
	}
	if !same {
		f.repairLocked()
	}
}
