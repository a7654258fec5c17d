package client

import (
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// remake deletes the board and makes it anew.
func (h *fakeHub) remake(epoch string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetAfterLocked(0, 0, epoch)
	h.origin = epoch
}

// What was meant for a board is not sent to another one under its name, however
// the bot hears of it.
func TestOutboxIsNotSentToABoardMadeAnew(t *testing.T) {
	for how, hear := range hearings {
		t.Run(how, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				h.origin = h.epoch
				s, _ := pushed(t, h, via, 100)
				h.remake("e2")
				hear(h, s)
				time.Sleep(soon)
				receive(t, "the end", s.Done())
				wantCode(t, s.Err(), wire.StaleEpoch)
				if at := h.state(); at.Seq != 0 || at.Generation != 0 || len(h.members()) != 0 {
					t.Errorf("the new board has %+v with %d events; the source was claimed on the old one", at, len(h.members()))
				}
			})
		})
	}
}

func TestPushToABoardMadeAnewEndsTheSource(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.origin = h.epoch
		s, evs := pushed(t, h, via, 10)
		h.remake("e2")
		results, err := s.Push(bounded(t), evs...)
		wantCode(t, err, wire.StaleEpoch)
		if len(h.members()) != 0 || results[0].Status != "" {
			t.Errorf("the new board has %v; result %+v", h.members(), results[0])
		}
		_, err = s.Push(bounded(t), evs...)
		wantCode(t, err, wire.StaleEpoch)
		fresh := newSource(t, newClient(t, "http://hub", via))
		results, err = fresh.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
	})
}

// A board that was lost or put back is the same: what it forgot is sent again.
func TestOutboxIsSentToABoardOfTheSameLine(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.origin = "e0"
		s, evs := pushed(t, h, via, 100)
		h.forgetAfter(40, 1, "e2")
		h.tell(nil)
		time.Sleep(soon)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if s.Err() != nil {
			t.Error(s.Err())
		}
	})
}

// A server that was replaced by a newer one begins to tell; until then nothing
// can be told apart.
func TestUnknownOriginIsNoOther(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.mu.Lock()
		h.origin = "e1"
		h.mu.Unlock()
		h.forgetAfter(4, 1, "e2")
		h.tell(nil)
		time.Sleep(soon)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		h.mu.Lock()
		h.origin = ""
		h.mu.Unlock()
		h.forgetAfter(4, 1, "e3")
		h.tell(nil)
		time.Sleep(soon)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		h.remake("e4")
		h.tell(nil)
		time.Sleep(soon)
		synctest.Wait()
		wantCode(t, s.Err(), wire.StaleEpoch)
		if len(h.members()) != 0 {
			t.Errorf("the new board has %v", h.members())
		}
	})
}
