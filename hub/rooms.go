package hub

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/hub/fanout"
	"rollcall/presence"
)

// Sizes and rates of room views: small rooms show everyone, larger ones the
// first page and the count, the largest the count, so that a room of n never
// costs n² (research: 5,000 joins made 12.7 million messages elsewhere).
const (
	fullRoom  = 250  // up to here every user, as diffs
	pageRoom  = 5000 // up to here the first page and the count
	roomPage  = 100
	smallRoom = 250 * time.Millisecond
	largeRoom = time.Second

	keepRoom    = fullRoom + roomPage // users a replica keeps: a room that grows and shrinks about fullRoom is not read again each time
	roomTimeout = 5 * time.Second     // of one read of the roster
	holeWait    = smallRoom           // a missing transition may still come; the read is spread over as long again
	doubtSpread = 500 * time.Millisecond
	settleRead  = 2 * time.Second  // pause between two reads while the roster settles
	lostWait    = 20 * time.Second // two beats: by then the nodes have put back whom the roster lost
)

// rooms are the rooms that somebody on this node watches.
type rooms struct {
	hub  *Hub
	odd  atomic.Uint64 // numbers of states that no version names
	wake chan struct{} // every room is in doubt; holds at most one

	mu      sync.Mutex
	watched map[string]*room // guarded by mu
}

func newRooms(h *Hub) *rooms {
	return &rooms{hub: h, wake: make(chan struct{}, 1), watched: map[string]*room{}}
}

// nonce is a name that no other state has, on any node.
func (rs *rooms) nonce() string { return fmt.Sprintf("%s.%d", rs.hub.cfg.Node, rs.odd.Add(1)) }

// announce tells this node's watchers and the other nodes what happened.
func (h *Hub) announce(ts []presence.Transition) {
	h.metrics.countTransitions(ts)
	h.HearTransitions(ts)
	h.bus.PublishTransitions(ts)
}

// HearTransitions takes transitions to the watched rooms.
func (h *Hub) HearTransitions(ts []presence.Transition) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	for _, t := range ts {
		if r := h.rooms.watched[t.Room]; r != nil {
			r.hear(t)
		}
	}
}

// touchAll draws every watched room again: the roster degraded or recovered.
func (rs *rooms) touchAll() {
	for _, r := range rs.list() {
		r.touch()
	}
}

// doubt says that transitions of any room may be lost: the loop compares every
// watched room with the roster within half a second.
func (rs *rooms) doubt() {
	select {
	case rs.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (rs *rooms) list() []*room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := make([]*room, 0, len(rs.watched))
	for _, r := range rs.watched {
		list = append(list, r)
	}
	return list
}

// hold finds or makes the room's view and counts one more user of it. A new
// view gets its first frame from the pacer.
func (rs *rooms) hold(name string, count bool, hz float64) looking {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.watched[name]
	if r == nil {
		r = newRoom(rs.hub, name)
		r.unwatch = rs.hub.bus.WatchRoom(name) // before the first read
		rs.watched[name] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprintf("presence %t %g", count, hz)
	v := r.views[key]
	if v == nil {
		v = &roomView{
			key: key, nonce: rs.nonce, count: count, every: interval(hz), sub: subOf("room", name, key), fan: fanout.NewView(),
			dirty: true, next: time.Now(),
		}
		r.views[key] = v
		r.markLocked()
	}
	v.users++
	return looking{sub: v.sub, fan: v.fan, release: func() { rs.release(r, v) }}
}

func (rs *rooms) release(r *room, v *roomView) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.users--; v.users == 0 {
		delete(r.views, v.key)
	}
	if len(r.views) == 0 && rs.watched[r.name] == r {
		delete(rs.watched, r.name)
		r.unwatch()
	}
}
