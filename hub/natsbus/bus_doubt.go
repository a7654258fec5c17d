package natsbus

import (
	"sync"
	"time"
)

// Doubts that come together are told together: at most one call in doubtPause,
// and over doubtBoards boards it is about anything.
const (
	doubtPause  = 50 * time.Millisecond
	doubtBoards = 1024
)

// doubts collects what may not have been heard.
type doubts struct {
	wake chan struct{} // one token

	mu       sync.Mutex
	boards   map[string]struct{}
	anything bool
}

func newDoubts() *doubts {
	return &doubts{wake: make(chan struct{}, 1), boards: map[string]struct{}{}}
}

func (d *doubts) board(board string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.boards[board] = struct{}{}
	if len(d.boards) > doubtBoards {
		d.anything = true
		clear(d.boards)
	}
	notify(d.wake)
}

func (d *doubts) all() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.anything = true
	notify(d.wake)
}

// take returns the boards in doubt, none for anything; some is false if there is no
// doubt.
func (d *doubts) take() (boards []string, some bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	some = d.anything || len(d.boards) > 0
	if !d.anything {
		for board := range d.boards {
			boards = append(boards, board)
		}
	}
	d.anything = false
	clear(d.boards)
	return boards, some
}

// doubt tells the listener. It has a goroutine of its own, so that a listener
// that is slow to hear still learns that he missed something.
func (b *Bus) doubt() {
	for {
		select {
		case <-b.doubts.wake:
		case <-b.stopReceive:
			return
		}
		boards, some := b.doubts.take()
		if l := b.listener.Load(); l != nil && some {
			b.counts.doubts.Add(1)
			(*l).Doubt(boards...)
		}
		select {
		case <-time.After(doubtPause):
		case <-b.stopReceive:
			return
		}
	}
}
