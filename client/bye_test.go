package client

import (
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// The server says when to come back, and answers what is under way first.
func TestByeSaysWhenToComeBack(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.rehook(func(s *fakeSession, r wire.Request) bool {
			s.write(wire.ByeFrame{Bye: wire.Bye{AfterMS: 7000}})
			time.Sleep(time.Second)
			s.ok(r, wire.Results{Results: h.apply(r)})
			s.close(wire.CloseRestart)
			return true
		})
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		start := time.Now()
		if results[0].Status != wire.Applied || s.Stats().Settled != 20 {
			t.Errorf("the answer after the bye was lost: %+v", results[0])
		}
		h.rehook(nil)
		h.session()
		if d := time.Since(start); d != 7*time.Second {
			t.Errorf("came back after %v, want 7 s", d)
		}
	})
}

// Only the first return is the server's choice; what it says of one connection
// does not hold for the next.
func TestByeIsForOneReturn(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		newClient(t, "http://hub", via)
		first := h.session()
		first.write(wire.ByeFrame{Bye: wire.Bye{AfterMS: 20_000}})
		first.close(wire.CloseRestart)
		second := h.session()
		start := time.Now()
		second.cut()
		h.session()
		if d := time.Since(start); d > time.Second {
			t.Errorf("came back after %v, want its own short wait", d)
		}
	})
}

// A server that says bye and does not close is left.
func TestByeWithoutACloseIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		newClient(t, "http://hub", via)
		s := h.session()
		start := time.Now()
		for range 3 { // saying it again does not put it off
			s.write(wire.ByeFrame{Bye: wire.Bye{AfterMS: 1000}})
			time.Sleep(time.Second)
		}
		h.session()
		if d := time.Since(start); d != byeWait+time.Second {
			t.Errorf("came back after %v, want %v", d, byeWait+time.Second)
		}
	})
}

func TestByeIsBounded(t *testing.T) {
	for ms, want := range map[int64]time.Duration{
		-5: 0, 0: 0, 1500: 1500 * time.Millisecond, 1 << 62: longestBye,
	} {
		if got := byeAfter(&wire.Bye{AfterMS: ms}); got != want {
			t.Errorf("after %d ms: %v, want %v", ms, got, want)
		}
	}
}

// Closing does not wait for a return that is far away.
func TestCloseAfterABye(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		s := h.session()
		s.write(wire.ByeFrame{Bye: wire.Bye{AfterMS: 200_000}})
		s.close(wire.CloseRestart)
		synctest.Wait()
		start := time.Now()
		_ = c.Close()
		if d := time.Since(start); d != 0 {
			t.Errorf("closing took %v", d)
		}
	})
}
