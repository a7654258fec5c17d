package hub

import (
	"fmt"
	"sync"
	"time"
)

// degradedAfter is how long the store may be away before a node says so.
const degradedAfter = 5 * time.Second

// reads are how the looks at the store's heads went.
type reads struct {
	mu   sync.Mutex
	away time.Time // guarded by mu; since when no head is told; zero = they are
}

// note takes how a look went.
func (s *reads) note(told bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case told || err == nil:
		s.away = time.Time{}
	case s.away.IsZero():
		s.away = time.Now()
	}
}

func (s *reads) since() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

// storeProblem says in words what is wrong with the store, "" if nothing is,
// or only for a moment. It names no board but those that are lost.
func (h *Hub) storeProblem() string {
	if lost := h.losses.problem(); lost != "" {
		return lost
	}
	now := time.Now()
	if away := h.reads.since(); !away.IsZero() && now.Sub(away) >= degradedAfter {
		return fmt.Sprintf("the store does not answer since %s", away.UTC().Format(time.RFC3339))
	}
	if n, since := h.breaker.state(); n > 0 && now.Sub(since) >= degradedAfter {
		return fmt.Sprintf("the store takes no events of %d boards since %s", n, since.UTC().Format(time.RFC3339))
	}
	if n := h.auditor.damaged(); n > 0 {
		return fmt.Sprintf("the store contradicts itself on %d boards; the log names them", n)
	}
	return ""
}
