package hub

import (
	"math/rand/v2"
	"sync"
	"time"

	"rollcall/presence"
)

// room is one watched room: its replica, kept equal to the roster by
// transitions and, where one was lost, by reads, and the views of it.
type room struct {
	// static after construction
	hub     *Hub
	name    string
	unwatch func()

	mu      sync.Mutex // guards the rest
	views   map[string]*roomView
	rep     *presence.Replica
	read    bool // the replica has had a page
	reading bool // a goroutine reads the roster
	failing bool // it could not, the last time

	// when to do what; zero = not
	fold    time.Time // transitions were heard
	hole    time.Time // read, unless what is missing comes before
	repair  time.Time // read
	compare time.Time // compare with the roster (rooms.loop)

	folded time.Time // the last fold
	seen   uint64    // a version that the roster was seen to have
	lost   time.Time // the roster was behind the replica: a failover lost the latest
}

// newRoom returns a room that wants to be read.
func newRoom(h *Hub, name string) *room {
	now := time.Now()
	return &room{
		hub: h, name: name, views: map[string]*roomView{}, rep: presence.NewReplica(keepRoom),
		repair: now, compare: now.Add(min(firstCompare, h.cfg.RoomPoll)),
	}
}

func (r *room) hear(t presence.Transition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rep.Hear(t)
	if r.fold.IsZero() {
		r.fold = r.folded.Add(smallRoom)
		r.markLocked()
	}
}

func (r *room) touch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.touchLocked()
	r.markLocked()
}

func (r *room) touchLocked() {
	for _, v := range r.views {
		v.dirty = true
	}
}

// markLocked asks for the next tick.
func (r *room) markLocked() {
	if next := r.nextLocked(); !next.IsZero() {
		r.hub.pacer.mark(r, next)
	}
}

// nextLocked is when the room has something to do, zero if it has not. A room
// that is read waits for that.
func (r *room) nextLocked() time.Time {
	if r.reading || len(r.views) == 0 {
		return time.Time{}
	}
	next := soonest(r.repair, r.hole)
	if !r.read {
		return next
	}
	next = soonest(next, r.fold)
	for _, v := range r.views {
		if v.dirty {
			next = soonest(next, v.next)
		}
	}
	return next
}

// tick folds what was heard and shows it in the views that are due, or starts
// a read.
func (r *room) tick(now time.Time) (next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading || len(r.views) == 0 {
		return time.Time{}
	}
	r.foldLocked(now)
	if due(r.repair, now) || due(r.hole, now) || r.wantsLocked(now) {
		return r.startLocked()
	}
	if r.read {
		r.showLocked(now)
	}
	return r.nextLocked()
}

// foldLocked folds what was heard. A hole that stays is read over after a
// wait: transitions of two nodes may cross on the bus. In a busy room there may
// always be one, each time another.
func (r *room) foldLocked(now time.Time) {
	if !r.read {
		return
	}
	before := r.rep.Version()
	whole := r.rep.Fold() && r.rep.Version() >= r.seen
	if r.rep.Version() != before {
		r.touchLocked()
	}
	r.fold, r.folded = time.Time{}, now
	switch {
	case whole:
		r.hole = time.Time{}
	case r.hole.IsZero(), r.rep.Version() != before && r.rep.Waits():
		r.hole = now.Add(holeWait + rand.N(holeWait))
	}
}

// wantsLocked reports whether a view is due that shows more users than the
// replica knows.
func (r *room) wantsLocked(now time.Time) bool {
	if !r.read || r.failing {
		return false // read anyway, in a while
	}
	for _, v := range r.views {
		if v.dirty && due(v.next, now) && !r.rep.Holds(v.needs(r.rep.Page().Count)) {
			return true
		}
	}
	return false
}

func (r *room) showLocked(now time.Time) {
	page, degraded := r.rep.Page(), r.failing || r.hub.tracker.Degraded()
	for _, v := range r.views {
		if v.dirty && due(v.next, now) {
			v.show(roomSnapshot(r.name, page, v.count, degraded), page.Settling)
			v.dirty, v.next = false, now.Add(max(v.every, roomInterval(page.Count, v.count)))
		}
	}
}

// due reports whether a time is set and has come.
func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// soonest is the earlier of two times, of which zero is none.
func soonest(a, b time.Time) time.Time {
	if b.IsZero() {
		return a
	}
	return earliest(a, b)
}
