package presence

import "time"

// seat is one place on this node: how many sessions sit there, what the
// roster should know of it, and what the roster was told. Guarded by
// Tracker.mu.
type seat struct {
	place Place

	sessions int
	hidden   int  // of the sessions
	meta     Meta // as the room should show the user

	until time.Time // end of the grace
	grace int       // index in the heap of graces; noGrace outside

	told   told
	shown  Meta // the meta that told knows
	vague  bool // a call that changes shown failed: it may have had effect
	queued bool // waits in Tracker.queue
}

const noGrace = -1

// told is what the roster knows of a seat.
type told int

const (
	absent  told = iota // never joined, left, or reported missing
	present             // a join was answered
	unsure              // a call about it failed: it may have had effect
)

// wanted reports whether the roster should hold the seat.
func (s *seat) wanted() bool { return s.sessions > 0 || s.grace != noGrace }

// beaten reports whether the roster may hold the seat, and should: who may be
// there is beaten too, for it may take long until he can be told again.
func (s *seat) beaten() bool { return s.told == present || s.told == unsure && s.wanted() }

// settleAway recomputes Away: a user is away if all his sessions are hidden.
// In a grace he stays as he was.
func (s *seat) settleAway() {
	if s.sessions > 0 {
		s.meta.Away = s.hidden == s.sessions
	}
}

// graces is a heap (container/heap) of the seats in their grace, the earliest
// end first.
type graces []*seat

func (g graces) Len() int           { return len(g) }
func (g graces) Less(i, j int) bool { return g[i].until.Before(g[j].until) }

func (g graces) Swap(i, j int) {
	g[i], g[j] = g[j], g[i]
	g[i].grace, g[j].grace = i, j
}

// Push implements heap.Interface.
func (g *graces) Push(x any) {
	s := x.(*seat)
	s.grace = len(*g)
	*g = append(*g, s)
}

// Pop implements heap.Interface.
func (g *graces) Pop() any {
	last := len(*g) - 1
	s := (*g)[last]
	s.grace = noGrace
	(*g)[last] = nil
	*g = (*g)[:last]
	return s
}
