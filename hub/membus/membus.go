// Package membus is the bus between hubs of one process: the bus of a single
// node, and of tests with several. It delivers in the publisher's goroutine
// and loses nothing, which no other bus promises.
package membus

import (
	"slices"
	"sync"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// Wire is what the nodes of one process share.
type Wire struct {
	mu    sync.RWMutex
	nodes []*Bus // guarded by mu
}

// New returns a wire without nodes.
func New() *Wire { return &Wire{} }

// Bus is one node's end of the wire.
type Bus struct {
	wire     *Wire
	listener hub.Listener // guarded by wire.mu; nil = does not listen
}

var _ hub.Bus = (*Bus)(nil)

// Node returns an end for one more node.
func (w *Wire) Node() *Bus {
	b := &Bus{wire: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nodes = append(w.nodes, b)
	return b
}

// Listen starts hearing the other nodes.
func (b *Bus) Listen(l hub.Listener) (stop func(), err error) {
	b.set(l)
	return func() { b.set(nil) }, nil
}

func (b *Bus) set(l hub.Listener) {
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	b.listener = l
}

// PublishDelta tells every other node a change of a board.
func (b *Bus) PublishDelta(board string, d leaderboard.Delta) {
	for _, l := range b.others() {
		l.HearDelta(board, d)
	}
}

// PublishTransitions tells every other node changes of rosters.
func (b *Bus) PublishTransitions(ts []presence.Transition) {
	for _, l := range b.others() {
		l.HearTransitions(slices.Clone(ts))
	}
}

// PublishRenewed tells every other node that a board was created or deleted.
func (b *Bus) PublishRenewed(board string) {
	for _, l := range b.others() {
		l.HearRenewed(board)
	}
}

// PublishNode tells every other node how this one is.
func (b *Bus) PublishNode(n wire.NodeInfo) {
	for _, l := range b.others() {
		l.HearNode(n)
	}
}

// WatchBoard does nothing: every node hears everything.
func (b *Bus) WatchBoard(string) (stop func()) { return func() {} }

// WatchRoom does nothing: every node hears everything.
func (b *Bus) WatchRoom(string) (stop func()) { return func() {} }

func (b *Bus) others() []hub.Listener {
	b.wire.mu.RLock()
	defer b.wire.mu.RUnlock()
	var ls []hub.Listener
	for _, n := range b.wire.nodes {
		if n != b && n.listener != nil {
			ls = append(ls, n.listener)
		}
	}
	return ls
}
