package hub

import (
	"context"

	"rollcall/presence"
)

// Roster is the store of who is online. The Tracker writes it
// (presence.Roster); the hub reads it. A failed read is an error, never an
// empty roster.
type Roster interface {
	presence.Roster
	// Page returns up to limit users of a room after a user id, in id order.
	Page(ctx context.Context, room, after string, limit int) (presence.Page, error)
	// Rooms returns the rooms with at least one user online, by name.
	Rooms(ctx context.Context) ([]presence.RoomCount, error)
	// Counts returns version and count of rooms, in their order, without reading
	// them; 0 and 0 for one nobody was in lately.
	Counts(ctx context.Context, rooms []string) ([]presence.RoomCount, error)
	// User tells whether a user is online anywhere, and when last.
	User(ctx context.Context, user string) (presence.UserState, error)
}
