package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rollcall/presence"
	"rollcall/wire"
)

// What is kept for a second: the states of users, and pages, of which one of
// the longest takes 100 to 200 KB.
const (
	briefUsers = 10_000
	briefPages = 500
	briefPage  = 100 // users of a page that is asked for where no more are wanted
)

// people answers what anybody may ask of the roster. Where it is shared, a
// room that somebody watches here is answered from its copy, and the rest is
// read at most once a second for each room, page and user.
type people struct {
	hub   *Hub
	rooms *brief[[]presence.RoomCount]
	pages *brief[presence.Page]
	users *brief[presence.UserState]
}

func newPeople(h *Hub) *people {
	return &people{
		hub: h, rooms: newBrief[[]presence.RoomCount](h, 1), pages: newBrief[presence.Page](h, briefPages), users: newBrief[presence.UserState](h, briefUsers),
	}
}

// count is the room as a page without users.
func (p *people) count(ctx context.Context, room string) (presence.Page, error) {
	return p.page(ctx, room, "", 1)
}

// page is like Roster.Page.
func (p *people) page(ctx context.Context, room, after string, limit int) (presence.Page, error) {
	if !p.hub.cfg.Shared {
		return p.hub.roster.Page(ctx, room, after, limit)
	}
	if page, ok := p.hub.rooms.page(room, after, limit); ok {
		return page, nil
	}
	size := briefPage
	if limit > size {
		size = wire.MaxPage
	}
	page, err := p.pages.get(ctx, fmt.Sprintf("%s %d %s", room, size, after), func(ctx context.Context) (presence.Page, error) {
		return p.hub.roster.Page(ctx, room, after, size)
	})
	return cut(page, after, limit), err
}

// list is like Roster.Rooms.
func (p *people) list(ctx context.Context) ([]presence.RoomCount, error) {
	if !p.hub.cfg.Shared {
		return p.hub.roster.Rooms(ctx)
	}
	return p.rooms.get(ctx, "", p.hub.roster.Rooms)
}

// user is like Roster.User.
func (p *people) user(ctx context.Context, user string) (presence.UserState, error) {
	if !p.hub.cfg.Shared {
		return p.hub.roster.User(ctx, user)
	}
	return p.users.get(ctx, user, func(ctx context.Context) (presence.UserState, error) { return p.hub.roster.User(ctx, user) })
}

// page is a page of a room that is watched here; false if the copy may lack
// something of it.
func (rs *rooms) page(name, after string, limit int) (page presence.Page, ok bool) {
	rs.mu.Lock()
	r := rs.watched[name]
	rs.mu.Unlock()
	if r == nil {
		return page, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.read || r.reading || r.failing || !r.hole.IsZero() || !r.repair.IsZero() {
		return page, false
	}
	page = cut(r.rep.Page(), after, limit)
	page.Users = slices.Clone(page.Users) // they are the replica's
	return page, page.Next == "" || len(page.Users) == limit
}

// cut is the part of a page after a user, of at most limit users.
func cut(page presence.Page, after string, limit int) presence.Page {
	from, known := slices.BinarySearchFunc(page.Users, after, func(o presence.Online, after string) int { return strings.Compare(o.User, after) })
	if known {
		from++
	}
	if page.Users = page.Users[from:]; len(page.Users) > limit {
		page.Users = page.Users[:limit:limit]
		page.Next = page.Users[limit-1].User
	}
	return page
}
