package hub

import (
	"slices"
	"time"
)

// Role is what a principal may do.
type Role string

// The roles. Admin includes all others; jury sees the live projection.
const (
	Viewer Role = "viewer"
	Player Role = "player" // is a member of rooms
	Pusher Role = "pusher" // pushes score events to its boards
	Jury   Role = "jury"
	Admin  Role = "admin"
)

// Principal is who a request or session acts for.
type Principal struct {
	User    string            // "" = nobody in particular: watches, is no member of rooms
	Name    string            // shown name
	Roles   []Role            //
	Boards  []string          // nil = all
	Rooms   []string          // nil = all
	Source  string            // "" = any source
	Member  string            // who `me` is; "" = User
	Members map[string]string // who `me` is on one board; goes before Member
	Expires time.Time         // zero = never
	Keyless bool              // a loopback peer of a hub without keys: User is its own word
}

// Can reports whether the principal has the role; admin has all.
func (p *Principal) Can(r Role) bool {
	return slices.Contains(p.Roles, r) || slices.Contains(p.Roles, Admin)
}

// OnBoard reports whether the principal's token covers the board.
func (p *Principal) OnBoard(board string) bool {
	return p.Boards == nil || slices.Contains(p.Boards, board)
}

// InRoom reports whether the principal's token covers the room.
func (p *Principal) InRoom(room string) bool {
	return p.Rooms == nil || slices.Contains(p.Rooms, room)
}

// MemberOn is who `me` is on a board.
func (p *Principal) MemberOn(board string) string {
	if m, ok := p.Members[board]; ok {
		return m
	}
	if p.Member != "" {
		return p.Member
	}
	return p.User
}

// Authenticator turns a bearer token or API key into a principal. An error's
// text is shown to the sender: it says what is wrong and never the secret.
type Authenticator interface {
	Authenticate(token string) (Principal, error)
}
