package fanout

import (
	"sync"
	"sync/atomic"
)

// State is one state of a view.
type State struct {
	At   string // names this state, not empty; equal names mean equal states
	From string // the state that Delta builds on; "" = no delta
	// Delta leads from From to At; nil = none.
	Delta *Frame
	// Snapshot encodes the state named At, not a later one. It is called later,
	// at most once, from any goroutine, and must not call back into the view.
	// If it returns nil, sessions that need it wait for the next state.
	Snapshot func() *Frame
}

// View is a topic of which only the newest value matters. It keeps the newest
// state and a ring of the last deltas (at most 32, at most 256 KiB) that lead
// to it. Its methods are safe for concurrent use.
type View struct {
	head atomic.Uint64 // number of the newest state, 0 = none yet; stored under mu

	mu        sync.Mutex
	at        string
	ring      ring
	encode    func() *Frame
	snapBytes int // size of the snapshot encoded last: what deltas are weighed against

	building sync.Mutex // held while Snapshot runs, so that it runs once
	built    uint64     // the state that snap is of; guarded by building
	snap     *Frame     // guarded by building

	subsMu sync.RWMutex
	subs   []*Cursor
}

// NewView returns a view without a state: its cursors wait for the first
// Publish.
func NewView() *View { return &View{} }

// Publish makes s the newest state and wakes every subscriber. A state whose
// From is not the state before it breaks the chain: who is up to date gets the
// snapshot. Publishing the newest state again changes nothing.
func (v *View) Publish(s State) {
	if !v.advance(s) {
		return
	}
	v.subsMu.RLock()
	defer v.subsMu.RUnlock()
	for _, c := range v.subs {
		c.out.signal()
	}
}

func (v *View) advance(s State) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	head := v.head.Load()
	if head > 0 && s.At == v.at {
		return false
	}
	if head > 0 && s.Delta != nil && s.From == v.at {
		v.ring.push(s.Delta, s.At)
	} else {
		v.ring.reset(s.At)
	}
	v.at, v.encode = s.At, s.Snapshot
	v.head.Store(head + 1)
	return true
}

// Current names the newest state; "" = none yet.
func (v *View) Current() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.at
}

// Subscribers tells how many cursors are attached.
func (v *View) Subscribers() int {
	v.subsMu.RLock()
	defer v.subsMu.RUnlock()
	return len(v.subs)
}

// find returns the number of the state of that name; 0 if the ring does not
// reach back to it, and false while there is no state to compare with.
func (v *View) find(at string) (seq uint64, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	head := v.head.Load()
	if head == 0 {
		return 0, false
	}
	if n, ok := v.ring.behind(at); ok {
		return head - uint64(n), true
	}
	return 0, true
}

// follow returns the delta onto the state numbered seq; false if only the
// snapshot will do, or is cheaper than several deltas up to the newest state.
func (v *View) follow(seq uint64) (delta, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if seq == 0 {
		return delta{}, false
	}
	pending, ok := v.ring.last(v.head.Load() - seq)
	if !ok || len(pending) == 0 {
		return delta{}, false
	}
	if len(pending) > 1 && v.snapBytes > 0 && totalBytes(pending) > v.snapBytes {
		return delta{}, false
	}
	return pending[0], true
}

// snapshot returns the newest state, encoded once for all who ask.
func (v *View) snapshot() (f *Frame, at string, seq uint64) {
	v.building.Lock()
	defer v.building.Unlock()
	v.mu.Lock()
	at, seq = v.at, v.head.Load()
	encode := v.encode
	v.mu.Unlock()
	if v.built == seq {
		return v.snap, at, seq
	}
	v.built, v.snap = seq, nil
	if encode == nil {
		return nil, at, seq
	}
	v.snap = encode()
	if v.snap != nil {
		v.mu.Lock()
		v.snapBytes = len(v.snap.buf)
		v.mu.Unlock()
	}
	return v.snap, at, seq
}

func (v *View) add(c *Cursor) {
	v.subsMu.Lock()
	defer v.subsMu.Unlock()
	c.index = len(v.subs)
	v.subs = append(v.subs, c)
}

func (v *View) remove(c *Cursor) {
	v.subsMu.Lock()
	defer v.subsMu.Unlock()
	end := len(v.subs) - 1
	moved := v.subs[end]
	v.subs[c.index], moved.index = moved, c.index
	v.subs[end] = nil
	v.subs = v.subs[:end]
}
