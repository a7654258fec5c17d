package hub

import (
	"context"
	"fmt"
	"sync"
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

	roomTimeout = 5 * time.Second // of one read of the roster
)

// rooms are the rooms that somebody on this node watches.
type rooms struct {
	hub *Hub

	mu      sync.Mutex
	watched map[string]*room // guarded by mu
}

// room is one watched room and its views.
type room struct {
	hub  *Hub
	name string

	mu      sync.Mutex
	views   map[string]*roomView // guarded by mu; by key
	reading bool                 // guarded by mu: a goroutine reads the roster
	failing bool                 // guarded by mu: it could not, the last time
}

// announce tells this node's watchers and the other nodes what happened.
func (h *Hub) announce(ts []presence.Transition) {
	h.metrics.countTransitions(ts)
	h.HearTransitions(ts)
	h.bus.PublishTransitions(ts)
}

// HearTransitions marks the rooms that changed.
func (h *Hub) HearTransitions(ts []presence.Transition) {
	h.rooms.mu.Lock()
	defer h.rooms.mu.Unlock()
	for _, t := range ts {
		if r := h.rooms.watched[t.Room]; r != nil {
			r.touch()
		}
	}
}

// touchAll marks every watched room: the roster degraded or recovered.
func (rs *rooms) touchAll() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.watched {
		r.touch()
	}
}

func (r *room) touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.views {
		v.dirty = true
	}
	r.markLocked()
}

// markLocked asks for a tick when the first dirty view is due.
func (r *room) markLocked() {
	var next time.Time
	for _, v := range r.views {
		if v.dirty {
			next = earliest(next, v.next)
		}
	}
	if !next.IsZero() && !r.reading {
		r.hub.pacer.mark(r, next)
	}
}

// tick starts to read the roster, if a view is due.
func (r *room) tick(now time.Time) (next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading {
		return next // read marks the room when it is done
	}
	for _, v := range r.views {
		if !v.dirty {
			continue
		}
		if !v.next.After(now) {
			r.reading = r.hub.spawn(r.read)
			return time.Time{}
		}
		next = earliest(next, v.next)
	}
	return next
}

// read reads the roster once and shows it in the views that are due. The
// pacer does not wait for it: a store that stalls stops this room alone.
func (r *room) read() {
	due := r.takeDue(time.Now())
	ctx, cancel := context.WithTimeout(r.hub.life, roomTimeout)
	page, err := r.hub.roster.Page(ctx, r.name, "", fullRoom)
	cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, v := range due {
		if err != nil {
			v.dirty, v.next = true, now.Add(largeRoom)
			continue
		}
		v.show(roomSnapshot(r.name, page, v.count, r.hub.tracker.Degraded()))
		v.next = now.Add(max(v.every, roomInterval(page.Count, v.count)))
	}
	if err != nil {
		r.degradeLocked()
	}
	if failing := err != nil; failing != r.failing {
		r.failing = failing
		r.hub.log.Warn("room read", "room", r.name, "failing", failing, "err", err)
	}
	r.reading = false
	r.markLocked()
}

// takeDue returns the views that are due. A change from now on makes them
// dirty again.
func (r *room) takeDue(now time.Time) (due []*roomView) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.views {
		if v.dirty && !v.next.After(now) {
			v.dirty = false
			due = append(due, v)
		}
	}
	return due
}

// degradeLocked shows what was last known, marked as such.
func (r *room) degradeLocked() {
	for _, v := range r.views {
		if v.drawn && !v.shown.Degraded {
			s := v.shown
			s.Degraded = true
			v.show(s)
		}
	}
}

// hold finds or makes the room's view and counts one more user of it. A new
// view gets its first frame from the pacer.
func (rs *rooms) hold(name string, count bool, hz float64) looking {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.watched[name]
	if r == nil {
		r = &room{hub: rs.hub, name: name, views: map[string]*roomView{}}
		rs.watched[name] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprintf("presence %t %g", count, hz)
	v := r.views[key]
	if v == nil {
		v = &roomView{key: key, count: count, every: interval(hz), sub: rs.hub.newSub(), fan: fanout.NewView(), dirty: true, next: time.Now()}
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
	if len(r.views) == 0 {
		delete(rs.watched, r.name)
	}
}
