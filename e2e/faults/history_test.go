package faults_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"rollcall/wire"
)

// history is every state that anybody was shown, by its name: two who were
// shown a state of one name must have been shown the same.
type history struct {
	mu     sync.Mutex
	states map[string]shown // guarded by mu
	names  int              // guarded by mu
	looks  int              // guarded by mu
	holes  []string         // guarded by mu
}

// shown is a state and who was the first to see it.
type shown struct {
	sum [sha256.Size]byte
	who string
	raw string // kept short: for the complaint
}

func newHistory() *history { return &history{states: map[string]shown{}} }

// add notes a state; a complaint if another has the name.
func (h *history) add(name, who string, state any) string {
	raw, err := json.Marshal(state)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(raw)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks++
	old, known := h.states[name]
	if !known {
		h.names++
		h.states[name] = shown{sum: sum, who: who, raw: fmt.Sprintf("%.3000s", raw)}
		return ""
	}
	if old.sum != sum {
		return fmt.Sprintf("%s was shown at %s\n\t%.3000s\nand %s\n\t%s", who, name, raw, old.who, old.raw)
	}
	return ""
}

// table is what of a board every reader must agree on.
type table struct {
	Epoch   string
	Version uint64
	Total   int
	Entries []wire.Entry
}

// note keeps what is not yet wrong.
func (h *history) note(hole string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holes = append(h.holes, hole)
}
