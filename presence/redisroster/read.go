package redisroster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/presence"
)

// Page returns up to limit users of a room whose ids follow after, in id
// order, with the version and count that they are of; a limit below 1 gives
// these alone. A room nobody was in lately is empty, version 0. Settling says
// that Redis forgot, or stood still, at most a Threshold before the last sweep.
func (r *Roster) Page(ctx context.Context, room, after string, limit int) (presence.Page, error) {
	if err := checkID("room", room); err != nil {
		return presence.Page{}, err
	}
	from := room + us
	if after != "" {
		from += after + " " // follows all holders of after, and precedes who follows
	}
	c := &call{part: r.part(room), args: []any{r.now(), room, from, max(limit, 0)}}
	if err := r.run(ctx, r.clients.Read, r.scripts.page, []*call{c}); err != nil {
		return presence.Page{}, err
	}
	page := presence.Page{
		Version: uint64(number(c.answer[0])), Count: int(number(c.answer[1])), Settling: number(c.answer[2]) == 1,
	}
	for users := c.answer[4:]; len(users) > 0; users = users[2:] {
		u, err := online(text(users[0]), text(users[1]))
		if err != nil {
			return presence.Page{}, fmt.Errorf("roster page: room %s: %w", room, err)
		}
		page.Users = append(page.Users, u)
	}
	if number(c.answer[3]) == 1 {
		page.Next = page.Users[len(page.Users)-1].User
	}
	return page, nil
}

// Counts returns version and count of rooms, in their order; 0 and 0 for one
// nobody was in lately. Each pair is of one moment, two rooms need not be.
func (r *Roster) Counts(ctx context.Context, rooms []string) ([]presence.RoomCount, error) {
	counts := make([]presence.RoomCount, len(rooms))
	for i, room := range rooms {
		if err := checkID("room", room); err != nil {
			return nil, err
		}
		counts[i].Room = room
	}
	for trip := range slices.Chunk(counts, perTrip) {
		calls := r.calls(len(trip), func(i int) string { return trip[i].Room }, func(args []any, i int) []any {
			return append(args, trip[i].Room)
		})
		if err := r.run(ctx, r.clients.Read, r.scripts.counts, calls); err != nil {
			return nil, err
		}
		for _, c := range calls {
			for n, i := range c.index {
				trip[i].Version, trip[i].Count = uint64(number(c.answer[2*n+1])), int(number(c.answer[2*n+2]))
				trip[i].Settling = number(c.answer[0]) == 1
			}
		}
	}
	return counts, ctx.Err()
}

// Rooms returns the rooms with at least one user, by name.
func (r *Roster) Rooms(ctx context.Context) ([]presence.RoomCount, error) {
	pipe := r.clients.Read.Pipeline()
	for part := range r.parts {
		pipe.HKeys(ctx, r.key(part, "cnt"))
	}
	cmds, err := pipe.Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("roster rooms: %w", err)
	}
	var names []string
	for _, cmd := range cmds {
		names = append(names, cmd.(*redis.StringSliceCmd).Val()...)
	}
	rooms, err := r.Counts(ctx, names)
	if err != nil {
		return nil, err
	}
	rooms = slices.DeleteFunc(rooms, func(c presence.RoomCount) bool { return c.Count == 0 })
	slices.SortFunc(rooms, func(a, b presence.RoomCount) int { return strings.Compare(a.Room, b.Room) })
	return rooms, nil
}

// User tells where a user is and when he was last seen, to the whole minute
// before: more would tell strangers when he pressed a key. It asks every
// partition, each at its own moment.
func (r *Roster) User(ctx context.Context, user string) (presence.UserState, error) {
	if err := checkUser(user); err != nil {
		return presence.UserState{}, err
	}
	calls := r.everywhere(r.now(), r.cfg.SeenFor.Microseconds(), user)
	if err := r.run(ctx, r.clients.Read, r.scripts.user, calls); err != nil {
		return presence.UserState{}, err
	}
	var state presence.UserState
	var seen int64
	for _, c := range calls {
		seen = max(seen, number(c.answer[0]))
		for _, room := range c.answer[1:] {
			state.Rooms = append(state.Rooms, text(room))
		}
	}
	slices.Sort(state.Rooms)
	state.Online = len(state.Rooms) > 0
	if seen > 0 {
		state.LastSeen = timeOf(seen).Truncate(time.Minute)
	}
	return state, nil
}
