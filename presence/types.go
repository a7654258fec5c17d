package presence

import (
	"hash/fnv"
	"time"
)

// Place is one user in one room.
type Place struct {
	Room string
	User string
}

// Meta is what a room shows of a user.
type Meta struct {
	Name string
	Away bool // every session of the user is hidden
}

// Join asks that a node holds a user in a room.
type Join struct {
	Place
	Meta Meta
}

// Kind says what a transition did.
type Kind int

// The kinds.
const (
	Joined  Kind = iota + 1 // the first holder came
	Left                    // the last holder went
	Changed                 // the meta of a present user changed
)

// Transition is one change of a room's roster. Each happens once, atomically
// in the roster: Version follows Prev in its room without a break, and is
// max(Prev+1, µs since 1970).
type Transition struct {
	Place
	Kind    Kind
	Prev    uint64
	Version uint64
	Count   int // distinct users in the room afterwards
	Meta    Meta
	Since   time.Time // when the user came online
	Seen    time.Time // Left: the user's last beat
}

// Online is one user of a roster page.
type Online struct {
	User  string
	Meta  Meta
	Since time.Time
}

// Page is one page of a room's roster by user id. Next is the `after` of the
// next page, "" on the last.
type Page struct {
	Version uint64
	Count   int
	Users   []Online
	Next    string
	// Settling says that the roster lost time or holders a moment ago and nodes
	// still put back theirs: who is on the page is present, who is not may be.
	Settling bool
}

// UserState is what is known of a user over all rooms.
type UserState struct {
	Online   bool
	Rooms    []string  // sorted
	LastSeen time.Time // zero = never; while online the latest beat
}

// Cause is why a session ended; it decides the grace.
type Cause int

// The causes.
const (
	Explicit Cause = iota // op leave, or close 1000: no grace
	Going                 // close 1001 or 1005: page left or tab closed
	Broken                // anything else: broken, timed out
)

// RoomCount is one room's number of distinct users.
type RoomCount struct {
	Room     string
	Version  uint64
	Count    int
	Settling bool // as of a Page
}

// Partitions is how many parts the rooms of a shared roster are in, each with
// keys and a subject of its own, so that no cost grows with the number of
// rooms. It is fixed for the life of a store's data.
const Partitions = 64

// Partition is the part that a room is in, from 0: FNV-1a of its name.
func Partition(room string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(room)) // never fails
	return int(h.Sum32() % Partitions)
}
