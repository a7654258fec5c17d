package presence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
)

// TestAnyHistoryEndsWithWhoIsThere drives a tracker at random, with outages of
// its roster and lost answers. Whatever happens, joins and leaves of a user
// alternate, nobody leaves who is there, and in the end the roster is exactly
// who is there.
func TestAnyHistoryEndsWithWhoIsThere(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(b *bench) {
				h := &history{bench: b, rng: rand.New(rand.NewPCG(seed, 2)), open: make(map[string]presence.Place)}
				h.run()
			})
		})
	}
}

type history struct {
	*bench
	rng  *rand.Rand
	born int
	open map[string]presence.Place // where each session is
}

func (h *history) run() {
	for range 300 {
		h.step()
	}
	h.roster.setDown(false)
	pass(time.Minute)
	h.checkAlternation()
	h.checkEnd()
}

func (h *history) step() {
	p := at(fmt.Sprint("r", h.rng.IntN(2)), fmt.Sprint("u", h.rng.IntN(5)))
	switch n := h.rng.IntN(100); {
	case n < 30:
		h.born++
		session := fmt.Sprint("s", h.born)
		h.enter(session, p.Room, p.User)
		h.open[session] = p
	case n < 60:
		h.exitAny()
	case n < 65:
		for session, p := range h.open {
			h.SetAway(session, p, h.rng.IntN(2) == 0)
			break
		}
	case n < 70:
		h.roster.setDown(h.rng.IntN(2) == 0)
	case n < 72:
		h.loseHolder(p)
	case n < 90:
		pass(time.Duration(h.rng.IntN(60)) * time.Millisecond)
	default:
		pass(time.Duration(h.rng.IntN(12_000)) * time.Millisecond)
	}
}

func (h *history) exitAny() {
	for session, p := range h.open {
		cause := presence.Cause(h.rng.IntN(3))
		if h.rng.IntN(2) == 0 {
			h.Exit(session, p, cause)
		} else {
			h.ExitAll(session, cause)
		}
		delete(h.open, session)
		return
	}
}

// loseHolder makes the roster forget a holder, as a failover does. Another
// node sees the transition, so it is heard like our own.
func (h *history) loseHolder(p presence.Place) {
	made, err := h.mem.Leave(context.Background(), "node-1", []presence.Place{p})
	if err != nil {
		h.Fatal(err)
	}
	h.heard(made)
}

func (h *history) checkAlternation() {
	h.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	here := make(map[string]bool)
	for _, said := range h.said {
		kind := said[0]
		var who string
		for i := range said {
			if said[i] == '@' {
				who = said[1:i]
			}
		}
		if here[who] == (kind == '+') {
			h.Fatalf("%s, but present before = %v, in %v", said, here[who], h.said)
		}
		here[who] = kind != '-'
	}
}

func (h *history) checkEnd() {
	h.Helper()
	want := make(map[presence.Place]bool)
	for _, p := range h.open {
		want[p] = true
	}
	shown := 0
	for _, room := range []string{"r0", "r1"} {
		page, err := h.mem.Page(context.Background(), room, "", 100)
		if err != nil {
			h.Fatal(err)
		}
		shown += page.Count
		for _, u := range page.Users {
			if !want[at(room, u.User)] {
				h.Errorf("%s/%s is shown and has no session", room, u.User)
			}
		}
	}
	if shown != len(want) {
		h.Errorf("%d users shown, %d have sessions", shown, len(want))
	}
}
