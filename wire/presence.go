package wire

// User is one user of a room's roster.
type User struct {
	User  string `json:"user"`
	Name  string `json:"name"`
	Since int64  `json:"since"` // ms since 1970, when the user came online
	Away  bool   `json:"away"`  // every tab of the user is hidden
}

// PresencePage is the answer to GET /v1/rooms/{room}/presence, by user id.
// Next is the `after` of the next page, empty on the last.
type PresencePage struct {
	Room     string `json:"room"`
	Version  uint64 `json:"version"`
	Count    int    `json:"count"`
	Degraded bool   `json:"degraded"` // the store does not answer: this is the last known state
	Users    []User `json:"users"`
	Next     string `json:"next"`
}

// RoomCount is the answer to GET /v1/rooms/{room}/count.
type RoomCount struct {
	Room     string `json:"room"`
	Version  uint64 `json:"version"`
	Count    int    `json:"count"`
	Degraded bool   `json:"degraded"`
}

// Rooms is the answer to GET /v1/rooms.
type Rooms struct {
	Rooms []RoomCount `json:"rooms"`
}

// UserState is the answer to GET /v1/users/{user}. LastSeen is ms since 1970,
// a whole minute, 0 if never seen; while online it is now.
type UserState struct {
	User     string   `json:"user"`
	Online   bool     `json:"online"`
	Rooms    []string `json:"rooms"`
	LastSeen int64    `json:"last_seen"`
}

// The modes of a presence view.
const (
	ModeAuto  = "auto"  // what the size of the room allows: full, page or count
	ModeCount = "count" // the number alone
	ModeFull  = "full"  // (in a snapshot) every user, then diffs
	ModePage  = "page"  // (in a snapshot) the first users and the count
)

// PresenceSnapshot is the snapshot of a presence view. Mode says what Users
// holds; in mode count it is empty.
type PresenceSnapshot struct {
	Room     string `json:"room"`
	Version  uint64 `json:"version"`
	Mode     string `json:"mode"`
	Count    int    `json:"count"`
	Degraded bool   `json:"degraded"`
	Users    []User `json:"users"`
}

// PresenceDelta is the delta of a presence view: users that joined or whose
// name or away changed are in Users, those that left in Left.
type PresenceDelta struct {
	Version  uint64   `json:"version"`
	Count    int      `json:"count"`
	Degraded bool     `json:"degraded"`
	Users    []User   `json:"users,omitempty"`
	Left     []string `json:"left,omitempty"`
}
