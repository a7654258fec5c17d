package memroster

import (
	"context"
	"slices"
	"strings"
	"time"

	"rollcall/presence"
)

// Page returns up to limit users of a room whose ids follow after, in id
// order. A limit below 1 gives version and count alone. A room nobody was in
// lately is empty, version 0.
func (r *Roster) Page(ctx context.Context, name, after string, limit int) (presence.Page, error) {
	if err := r.lock(ctx); err != nil {
		return presence.Page{}, err
	}
	defer r.mu.Unlock()
	rm := r.rooms[name]
	if rm == nil {
		return presence.Page{}, nil
	}
	page := presence.Page{Version: rm.version, Count: len(rm.members)}
	if limit < 1 {
		return page, nil
	}
	found, more := rm.order.after(after, limit)
	page.Users = make([]presence.Online, len(found))
	for i, m := range found {
		page.Users[i] = presence.Online{User: m.user.id, Meta: m.meta, Since: timeOf(m.since)}
	}
	if more {
		page.Next = found[len(found)-1].user.id
	}
	return page, nil
}

// Counts returns version and count of rooms, in their order; 0 and 0 for one
// nobody was in lately.
func (r *Roster) Counts(ctx context.Context, names []string) ([]presence.RoomCount, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	counts := make([]presence.RoomCount, len(names))
	for i, name := range names {
		counts[i].Room = name
		if rm := r.rooms[name]; rm != nil {
			counts[i].Version, counts[i].Count = rm.version, len(rm.members)
		}
	}
	return counts, nil
}

// Rooms returns the rooms with at least one user, by name.
func (r *Roster) Rooms(ctx context.Context) ([]presence.RoomCount, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	var rooms []presence.RoomCount
	for _, rm := range r.rooms {
		if len(rm.members) > 0 {
			rooms = append(rooms, presence.RoomCount{Room: rm.name, Version: rm.version, Count: len(rm.members)})
		}
	}
	slices.SortFunc(rooms, func(a, b presence.RoomCount) int { return strings.Compare(a.Room, b.Room) })
	return rooms, nil
}

// User tells where a user is and when he was last seen, to the whole minute
// before: more would tell strangers when he pressed a key.
func (r *Roster) User(ctx context.Context, id string) (presence.UserState, error) {
	if err := r.lock(ctx); err != nil {
		return presence.UserState{}, err
	}
	defer r.mu.Unlock()
	u := r.users[id]
	if u == nil {
		return presence.UserState{}, nil
	}
	wall, _ := r.clock.tick()
	state := presence.UserState{Online: len(u.members) > 0}
	seen := u.seen
	for _, m := range u.members {
		state.Rooms = append(state.Rooms, m.room.name)
		seen = max(seen, m.beat)
	}
	slices.Sort(state.Rooms)
	if seen > 0 && seen > wall-r.cfg.SeenFor.Microseconds() {
		state.LastSeen = timeOf(seen).Truncate(time.Minute)
	}
	return state, nil
}
