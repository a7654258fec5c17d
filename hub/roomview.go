package hub

import (
	"time"

	"rollcall/hub/fanout"
	"rollcall/presence"
	"rollcall/wire"
)

// roomView is one way to look at a room. Its fields are guarded by its room's
// mu; fan locks itself.
type roomView struct {
	key   string
	nonce func() string
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

// needs is how many of the first users the view shows of a room of count.
func (v *roomView) needs(count int) int {
	switch {
	case v.count || count > pageRoom:
		return 0
	case count > fullRoom:
		return roomPage
	default:
		return fullRoom
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
// While the roster settles each node shows what it knows, so that the version
// does not name the state.
func (v *roomView) show(s wire.PresenceSnapshot, settling bool) {
	old, first := v.shown, !v.drawn
	delta, same := presenceDelta(old, s)
	if same && !first {
		return
	}
	v.shown, v.drawn = s, true
	now := roomAt(&s, v.key)
	if settling || now == v.fan.Current() {
		now += "." + v.nonce()
	}
	state := fanout.State{At: now, Snapshot: func() *fanout.Frame {
		return encodeFrame(push{View: wire.ViewPresence, Sub: v.sub, At: now, Snapshot: s})
	}}
	if from := v.fan.Current(); !first && from != "" && from != now && old.Mode == s.Mode {
		state.From = from
		state.Delta = encodeFrame(push{View: wire.ViewPresence, Sub: v.sub, From: from, At: now, Delta: delta})
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
