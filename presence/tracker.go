package presence

import (
	"container/heap"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrTooManyRooms refuses a session that already is in Config.MaxRooms rooms.
var ErrTooManyRooms = errors.New("the session is in too many rooms")

// Tracker keeps the node-local rules: it counts the node's sessions in each
// place and tells the roster only when the first comes and when, after its
// grace, the last has gone. When several sessions of a user end, the cause of
// the last one decides the grace.
//
// Its methods are safe for concurrent use and never wait for the roster; Run
// makes the calls.
type Tracker struct {
	// static after construction
	node     string
	roster   Roster
	cfg      Config
	announce func([]Transition)
	wake     chan struct{} // capacity 1: Run has something new to look at

	started  atomic.Bool
	degraded atomic.Bool

	mu       sync.Mutex // guards the rest of the block; no call is made under it
	sessions map[string][]attendance
	seats    map[Place]*seat
	graces   graces
	queue    []*seat   // changed seats, each once, oldest first
	since    time.Time // when the queue became non-empty

	// owned by Run
	nextRefresh, nextSweep time.Time
	round                  []*seat // still to be refreshed in this round
	late                   []*seat // of this round, whose beat failed
	changes, beats, sweeps backoff
}

// attendance is one session in one seat.
type attendance struct {
	seat   *seat
	hidden bool
}

// NewTracker makes the tracker of a node, whose id must be new at each start
// of the process. announce gets every transition that this node's calls made,
// in the order the roster decided them, from Run's goroutine, which it must
// not block for long.
func NewTracker(node string, roster Roster, cfg Config, announce func([]Transition)) *Tracker {
	return &Tracker{
		node:     node,
		roster:   roster,
		cfg:      cfg.withDefaults(),
		announce: announce,
		wake:     make(chan struct{}, 1),
		sessions: make(map[string][]attendance),
		seats:    make(map[Place]*seat),
	}
}

// Enter says that a session is in a place. Doing it again changes what is
// shown: the name of the latest Enter wins, and Away is the session's own. The
// only error is ErrTooManyRooms.
func (t *Tracker) Enter(session string, j Join) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, i := t.findLocked(session, j.Place)
	if i < 0 {
		if len(t.sessions[session]) >= t.cfg.MaxRooms {
			return fmt.Errorf("%w (at most %d)", ErrTooManyRooms, t.cfg.MaxRooms)
		}
		s = t.attachLocked(session, j.Place)
		i = len(t.sessions[session]) - 1
	}
	s.meta.Name = j.Meta.Name
	t.hideLocked(session, i, j.Meta.Away)
	return nil
}

// Exit says that a session left a place. One that is not there is ignored.
func (t *Tracker) Exit(session string, p Place, cause Cause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, i := t.findLocked(session, p)
	if i < 0 {
		return
	}
	all := t.sessions[session]
	gone := all[i]
	if all = slices.Delete(all, i, i+1); len(all) == 0 {
		delete(t.sessions, session)
	} else {
		t.sessions[session] = all
	}
	t.detachLocked(gone, cause)
}

// ExitAll says that a session ended: it left every place. A node that stops
// must not call it for the sessions it closes itself: stop Run first.
func (t *Tracker) ExitAll(session string, cause Cause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.sessions[session]
	delete(t.sessions, session)
	for _, gone := range all {
		t.detachLocked(gone, cause)
	}
}

// SetAway says whether a session is hidden. The user is away when all its
// sessions in the place on this node are. Unknown sessions are ignored.
func (t *Tracker) SetAway(session string, p Place, away bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, i := t.findLocked(session, p); i >= 0 {
		t.hideLocked(session, i, away)
	}
}

// Places returns where a session is, in the order it came.
func (t *Tracker) Places(session string) []Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	var places []Place
	for _, a := range t.sessions[session] {
		places = append(places, a.seat.place)
	}
	return places
}

// Rooms is the number of rooms that this node's sessions are in.
func (t *Tracker) Rooms() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	rooms := make(map[string]struct{})
	for p := range t.seats {
		rooms[p.Room] = struct{}{}
	}
	return len(rooms)
}

// Degraded reports that the last roster calls of one kind (changes, beats,
// sweeps) failed: what is known of the rosters may be old. Nobody leaves because
// of it.
func (t *Tracker) Degraded() bool { return t.degraded.Load() }

// findLocked returns the seat of a session in a place and its index among the
// session's attendances, -1 if the session is not there.
func (t *Tracker) findLocked(session string, p Place) (*seat, int) {
	for i, a := range t.sessions[session] {
		if a.seat.place == p {
			return a.seat, i
		}
	}
	return nil, -1
}

// attachLocked seats a session that is not there yet, which ends any grace.
func (t *Tracker) attachLocked(session string, p Place) *seat {
	s := t.seats[p]
	if s == nil {
		s = &seat{place: p, grace: noGrace}
		t.seats[p] = s
	}
	if s.grace != noGrace {
		heap.Remove(&t.graces, s.grace)
	}
	s.sessions++
	t.sessions[session] = append(t.sessions[session], attendance{seat: s})
	return s
}

// hideLocked sets one attendance's visibility and queues the seat.
func (t *Tracker) hideLocked(session string, i int, hidden bool) {
	a := &t.sessions[session][i]
	switch {
	case hidden && !a.hidden:
		a.seat.hidden++
	case !hidden && a.hidden:
		a.seat.hidden--
	}
	a.hidden = hidden
	a.seat.settleAway()
	t.markLocked(a.seat)
}

// detachLocked takes a session off its seat; the last one starts the grace.
func (t *Tracker) detachLocked(a attendance, cause Cause) {
	s := a.seat
	s.sessions--
	if a.hidden {
		s.hidden--
	}
	s.settleAway()
	grace := t.cfg.grace(cause)
	if s.sessions > 0 || grace <= 0 {
		t.markLocked(s)
		return
	}
	s.until = time.Now().Add(grace)
	heap.Push(&t.graces, s)
	if s.grace == 0 {
		t.rouse()
	}
}

// markLocked queues a seat whose wanted state may differ from what the roster
// was told. Whether it does is seen when the batch is taken, so that changes
// which cancel out make no call.
func (t *Tracker) markLocked(s *seat) {
	if s.queued {
		return
	}
	s.queued = true
	if len(t.queue) == 0 {
		t.since = time.Now()
	}
	t.queue = append(t.queue, s)
	if len(t.queue) == 1 || len(t.queue) == t.cfg.CoalesceMax {
		t.rouse()
	}
}

// rouse makes Run look again.
func (t *Tracker) rouse() {
	select {
	case t.wake <- struct{}{}:
	default: // it will look anyway
	}
}
