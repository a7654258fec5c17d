package hub

import (
	"context"
	"sync"
	"time"

	"rollcall/hub/fanout"
	"rollcall/presence"
	"rollcall/wire"
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

	mu    sync.Mutex
	views map[string]*roomView // by key
	stale bool                 // changed since the last look
}

type roomView struct {
	key   string
	sub   string
	count bool // mode count
	every time.Duration
	fan   *fanout.View
	users int

	drawn bool
	dirty bool
	next  time.Time
	shown wire.PresenceSnapshot // what the last frame led to
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
	if len(r.views) > 0 {
		r.hub.pacer.mark(r)
	}
}

// tick reads the roster once and publishes the views that are due.
func (r *room) tick(now time.Time) (next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var page *presence.Page
	for _, v := range r.views {
		if !v.dirty {
			continue
		}
		if v.next.After(now) {
			if next.IsZero() || v.next.Before(next) {
				next = v.next
			}
			continue
		}
		if page == nil {
			p, err := r.hub.roster.Page(context.Background(), r.name, "", fullRoom)
			if err != nil {
				r.hub.log.Warn("room not read", "room", r.name, "err", err)
				r.degradeLocked()
				return now.Add(largeRoom)
			}
			page = &p
		}
		v.dirty = false
		v.show(roomSnapshot(r.name, *page, v.count, r.hub.tracker.Degraded()))
		v.next = now.Add(max(v.every, roomInterval(page.Count, v.count)))
	}
	return next
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

func roomInterval(count int, countOnly bool) time.Duration {
	if count > fullRoom || countOnly {
		return largeRoom
	}
	return smallRoom
}

func roomSnapshot(name string, p presence.Page, countOnly, degraded bool) wire.PresenceSnapshot {
	s := wire.PresenceSnapshot{
		Room: name, Version: p.Version, Count: p.Count, Degraded: degraded, Mode: wire.ModeFull, Users: []wire.User{},
	}
	users := p.Users
	switch {
	case countOnly || p.Count > pageRoom:
		s.Mode, users = wire.ModeCount, nil
	case p.Count > fullRoom:
		s.Mode, users = wire.ModePage, users[:min(len(users), roomPage)]
	}
	s.Users = append(s.Users, toUsers(users)...)
	return s
}

func toUsers(online []presence.Online) []wire.User {
	users := make([]wire.User, len(online))
	for i, o := range online {
		users[i] = wire.User{User: o.User, Name: o.Meta.Name, Since: o.Since.UnixMilli(), Away: o.Meta.Away}
	}
	return users
}

// show publishes a new state of the view, with the delta from the last one.
func (v *roomView) show(s wire.PresenceSnapshot) {
	old, first := v.shown, !v.drawn
	delta, same := presenceDelta(old, s)
	if same && !first {
		return
	}
	v.shown, v.drawn = s, true
	now := roomAt(s, v.key)
	state := fanout.State{At: now, Snapshot: func() *fanout.Frame {
		return encodeFrame(wire.Push{View: wire.ViewPresence, Sub: v.sub, At: now, Snapshot: encode(s)})
	}}
	if from := v.fan.Current(); !first && from != "" && from != now && old.Mode == s.Mode {
		state.From = from
		state.Delta = encodeFrame(wire.Push{View: wire.ViewPresence, Sub: v.sub, From: from, At: now, Delta: encode(delta)})
	}
	v.fan.Publish(state)
}

func presenceDelta(old, now wire.PresenceSnapshot) (d wire.PresenceDelta, same bool) {
	d = wire.PresenceDelta{Version: now.Version, Count: now.Count, Degraded: now.Degraded}
	was := make(map[string]wire.User, len(old.Users))
	for _, u := range old.Users {
		was[u.User] = u
	}
	for _, u := range now.Users {
		if was[u.User] != u {
			d.Users = append(d.Users, u)
		}
		delete(was, u.User)
	}
	for user := range was {
		d.Left = append(d.Left, user)
	}
	same = len(d.Users)+len(d.Left) == 0 && old.Count == now.Count && old.Degraded == now.Degraded && old.Mode == now.Mode
	return d, same
}
