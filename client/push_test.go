package client

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/wire"
)

func wantSettled(t *testing.T, evs []wire.Event, results []wire.Result, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != len(evs) {
		t.Fatalf("%d results for %d events", len(results), len(evs))
	}
	for i, r := range results {
		if r.Status != wire.Applied && r.Status != wire.Duplicate || r.Member != evs[i].Member {
			t.Fatalf("result %d is %+v, want %s settled", i, r, evs[i].Member)
		}
	}
}

func wantCode(t *testing.T, err error, code wire.Code) {
	t.Helper()
	var no *wire.Error
	if !errors.As(err, &no) || no.Code != code {
		t.Fatalf("error is %v, want code %s", err, code)
	}
}

func TestSourcePushesInOrder(t *testing.T) {
	h, url := newRealHub(t)
	s := newSource(t, newClient(t, url))
	evs := events(1500)
	results, err := s.Push(bounded(t), evs...)
	wantSettled(t, evs, results, err)
	wantEqual(t, "applied", h.members(), membersOf(evs))
	if s.Last() != 0 || s.Seq() != 1500 {
		t.Errorf("last %d and seq %d, want 0 and 1500", s.Last(), s.Seq())
	}
	if s = newSource(t, s.c); s.Last() != 1500 {
		t.Errorf("claimed anew the source stands at %d, want 1500", s.Last())
	}
}

// Connections break after a message was applied, and before one was.
func TestLostAnswersCountOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			switch n.Add(1) {
			case 3, 9:
				h.apply(r)
				s.cut()
				return true
			case 6:
				s.cut()
				return true
			}
			return false
		}
		s := newSource(t, newClient(t, "http://hub", via))
		evs := events(1500)
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		wantEqual(t, "applied", h.members(), membersOf(evs))
	})
}

func TestCasualResendKeepsItsID(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			if n.Add(1) != 1 {
				return false
			}
			h.apply(r)
			s.cut()
			return true
		}
		evs := events(100)
		results, err := newClient(t, "http://hub", via).Push(bounded(t), "finals", evs...)
		wantSettled(t, evs, results, err)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if evs[0].ID != "" {
			t.Error("the caller's events were changed")
		}
	})
}

// A busy message makes those behind it gaps; all go again, in order.
func TestTransientRefusalRewinds(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			busy := &wire.Error{Code: wire.Busy, Message: "full", RetryAfterMS: 1}
			switch n.Add(1) {
			case 3: // the whole message
				s.write(wire.Answer{ID: r.ID, Error: busy})
				return true
			case 1: // its second half
				whole := r.Events
				r.Events = whole[:len(whole)/2]
				results := h.apply(r)
				for range whole[len(whole)/2:] {
					results = append(results, wire.Result{Status: wire.Refused, Error: busy})
				}
				s.ok(r, wire.Results{Results: results})
				return true
			}
			return false
		}
		s := newSource(t, newClient(t, "http://hub", via))
		evs := events(1000)
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		for i, r := range results {
			if r.Status != wire.Applied { // no answer was lost: the first one stands
				t.Fatalf("result %d is %+v", i, r)
			}
		}
	})
}

func TestPermanentRefusalIsAResult(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		evs := events(3)
		evs[1].Op = "nonsense"
		results, err := newSource(t, newClient(t, "http://hub", via)).Push(bounded(t), evs...)
		if err != nil {
			t.Fatal(err)
		}
		if results[1].Status != wire.Refused || results[1].Error.Code != wire.BadOp {
			t.Errorf("result of the bad event is %+v", results[1])
		}
		wantEqual(t, "applied", h.members(), []string{"m1", "m3"})
	})
}

func TestTwinIsFenced(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		first, second := newSource(t, c), newSource(t, c)
		if _, err := second.Push(bounded(t), events(1)...); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := first.Push(bounded(t), events(1)...)
			wantCode(t, err, wire.Fenced)
		}
	})
}

// An epoch that has forgotten nothing of ours is no news to the sender.
func TestNewEpochIsAdopted(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.forgetAfter(10, 1, "e2")
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		if st, gen := s.Stats(), h.state().Generation; st.Rewound != 0 || gen != 1 {
			t.Errorf("stats are %+v, generation %d", st, gen)
		}
	})
}

// A store that is behind what an earlier process was acknowledged asks for what
// we never held.
func TestForgottenBeforeTheClaimIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		pushed(t, h, via, 10)
		s := newSource(t, newClient(t, "http://hub", via))
		h.forgetAfter(5, 2, "")
		_, err := s.Push(bounded(t), events(1)...)
		var lost *LostError
		if !errors.As(err, &lost) || lost.From != 6 || lost.To != 10 {
			t.Errorf("push: %v, want seq 6 to 10 lost", err)
		}
	})
}

// A push that ends with its context leaves its events to the next one.
func TestInterruptedPushIsSettledByTheNext(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		ctx, cancel := context.WithCancel(bounded(t))
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			if n.Add(1) == 1 {
				cancel()
				return true // never answered, never applied
			}
			return false
		}
		s := newSource(t, newClient(t, "http://hub", via))
		evs := events(20)
		results, err := s.Push(ctx, evs[:10]...)
		if !errors.Is(err, context.Canceled) || results[0].Status != "" || s.Seq() != 10 {
			t.Fatalf("interrupted push: %v, first result %+v, seq %d", err, results[0], s.Seq())
		}
		if _, err := s.Push(bounded(t)); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "applied by a push of nothing", h.members(), membersOf(evs[:10]))
		results, err = s.Push(bounded(t), evs[10:]...)
		wantSettled(t, evs[10:], results, err)
		wantEqual(t, "applied", h.members(), membersOf(evs))
	})
}

func TestLargeEventsAreSplitIntoMessages(t *testing.T) {
	h, url := newRealHub(t) // checks the size of each frame
	evs := events(100)
	for i := range evs {
		evs[i].Cells = map[string]json.RawMessage{"a": json.RawMessage(`"` + strings.Repeat("x", 7000) + `"`)}
	}
	results, err := newSource(t, newClient(t, url)).Push(bounded(t), evs...)
	wantSettled(t, evs, results, err)
	wantEqual(t, "applied", h.members(), membersOf(evs))
}

func TestWhatCannotTravelSendsNothing(t *testing.T) {
	for name, bad := range map[string]wire.Event{
		"not a number": {Member: "m", Op: wire.OpSet, Score: new(math.NaN())},
		"infinite":     {Member: "m", Op: wire.OpSet, Score: new(math.Inf(1))},
		"broken cell":  {Member: "m", Op: wire.OpPatch, Cells: map[string]json.RawMessage{"a": json.RawMessage("{")}},
		"too large":    {Member: strings.Repeat("m", wire.MaxFrameSize), Op: wire.OpRemove},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				c := newClient(t, "http://hub", via)
				s := newSource(t, c)
				evs := append(events(100), bad)
				var no *wire.Error
				if _, err := s.Push(bounded(t), evs...); !errors.As(err, &no) {
					t.Errorf("source: %v", err)
				}
				if _, err := c.Push(bounded(t), "finals", evs...); !errors.As(err, &no) {
					t.Errorf("casual: %v", err)
				}
				wantEqual(t, "applied", h.members(), nil)
				if _, err := s.Push(bounded(t), events(1)...); err != nil {
					t.Errorf("a good event afterwards: %v", err)
				}
			})
		})
	}
}

func TestUUIDForm(t *testing.T) {
	a, b := newUUID(), newUUID()
	if len(a) != 36 || a[14] != '4' || !strings.ContainsRune("89ab", rune(a[19])) || a == b {
		t.Errorf("ids %s and %s", a, b)
	}
}
