package client

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// The fake hub's store as one that forgets.

type hook = func(*fakeSession, wire.Request) bool

func (h *fakeHub) hooked() hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hook
}

// rehook changes the hook under way.
func (h *fakeHub) rehook(to hook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hook = to
}

// state is where the one source stands.
func (h *fakeHub) state() wire.SourceState {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stateLocked()
}

// stateLocked is where the one source stands.
func (h *fakeHub) stateLocked() wire.SourceState {
	return wire.SourceState{Source: "judge-1", Epoch: h.epoch, Origin: h.origin, Generation: h.gen, Seq: h.seq, Durable: h.durable}
}

// source answers the questions about the one source.
func (h *fakeHub) source(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	if h.deaf > 0 {
		h.deaf--
		panic(http.ErrAbortHandler)
	}
	if r.Method == http.MethodPost {
		h.gen++
		if h.mute > 0 {
			h.mute--
			panic(http.ErrAbortHandler)
		}
	}
	_ = json.NewEncoder(w).Encode(h.stateLocked())
}

// forgetAfter makes the store one that has taken only so many events, all of
// them good, and so many claims; "" keeps the epoch.
func (h *fakeHub) forgetAfter(seq, gen uint64, epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetAfterLocked(seq, gen, epoch)
}

func (h *fakeHub) forgetAfterLocked(seq, gen uint64, epoch string) {
	h.seq, h.gen, h.applied = seq, gen, slices.Clone(h.applied[:seq])
	if epoch != "" {
		h.epoch = epoch
	}
}

// tell sends where the source stands, after a change of it, to whoever is
// connected.
func (h *fakeHub) tell(change func(*wire.SourceState)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tellLocked(change)
}

func (h *fakeHub) tellLocked(change func(*wire.SourceState)) {
	state := h.stateLocked()
	if change != nil {
		change(&state)
	}
	for _, s := range h.open {
		s.write(wire.StandingFrame{Standing: wire.Standing{Board: "finals", SourceState: state}})
	}
}

func as(seq uint64, durable *uint64) func(*wire.SourceState) {
	return func(s *wire.SourceState) { s.Seq, s.Durable = seq, durable }
}

// soon is when a quiet Source must have healed.
const soon = 2 * time.Second

// pushed makes a source that has pushed n events, on a client of its own.
func pushed(t *testing.T, h *fakeHub, via Option, n int, opts ...SourceOption) (*Source, []wire.Event) {
	t.Helper()
	s, err := newClient(t, "http://hub", via).Source(bounded(t), "finals", "judge-1", opts...)
	if err != nil {
		t.Fatal(err)
	}
	h.session()
	evs := events(n)
	results, err := s.Push(bounded(t), evs...)
	wantSettled(t, evs, results, err)
	synctest.Wait()
	return s, evs
}
