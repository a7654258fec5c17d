package hub

import (
	"sync"
	"time"
)

// missingMax bounds the names that are remembered.
const missingMax = 10_000

// missing are the names of boards that the store did not have a moment ago:
// whoever reads such a name again, the store is asked once a second.
type missing struct {
	mu    sync.Mutex
	turn  uint64               // guarded by mu; how often a name was forgotten
	names map[string]time.Time // guarded by mu; when the store was asked
	order []string             // guarded by mu; names by age, some of them forgotten
}

func newMissing() *missing { return &missing{names: map[string]time.Time{}} }

// look reports whether the name is known to be missing. A caller that asks the
// store instead gives turn to note.
func (m *missing) look(board string) (turn uint64, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.names[board]
	return m.turn, ok && time.Since(at) < briefKeep
}

// note remembers a name that the store does not have, unless any was made
// since the look.
func (m *missing) note(board string, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.turn != turn {
		return
	}
	m.names[board] = time.Now()
	if m.order = append(m.order, board); len(m.order) > missingMax {
		delete(m.names, m.order[0]) // noted twice, it is asked for once more
		m.order = m.order[1:]
	}
}

// forget takes that the board may be there.
func (m *missing) forget(board string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn++
	delete(m.names, board)
}

// there takes that the board is there now.
func (m *missing) there(board string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.names[board]; ok {
		m.turn++
		delete(m.names, board)
	}
}

// forgetOld forgets a name that was noted before then, and reports whether it
// was.
func (m *missing) forgetOld(board string, then time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.names[board]
	if ok = ok && at.Before(then); ok {
		m.turn++
		delete(m.names, board)
	}
	return ok
}
