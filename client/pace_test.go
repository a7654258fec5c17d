package client

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// A hub whose frames never fit is not asked without pause, and believed again
// once they do.
func TestMisfitsArePaced(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		var healed atomic.Bool
		h.onSubscribe(func(s *fakeSession, _ wire.Request) {
			switch n := n.Add(1); {
			case healed.Load():
				s.show("", "a9", snapshot(9, "ann"))
			case n > 1000: // enough is known
			case n%2 == 0: // a state, and a change of another
				s.show("", "a1", snapshot(1, "ann"))
				fallthrough
			default:
				s.show("a7", "a8", moved(8, "ann", 1))
			}
		})
		p, stop := newPuller(t, newClient(t, "http://hub", via))
		defer stop()
		p.want("the first state", func(s BoardState) bool { return s.Version == 1 })
		time.Sleep(40 * time.Second)
		if n := n.Load(); n < 5 || n > 60 {
			t.Errorf("asked %d times in 40 s, want 5 to 60", n)
		}
		healed.Store(true)
		p.want("a state that fits", atVersion(9))
	})
}

// What the hub said of one view is not forgotten because another is watched.
func TestRefusedViewWaitsItsTime(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.notReady()
		c := newClient(t, "http://hub", via)
		start := time.Now()
		go func() {
			time.Sleep(time.Second)
			for range c.WatchRoom(bounded(t), "hall", RoomOptions{}) {
			}
		}()
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		if d := time.Since(start); d < 20*time.Second || d > 25*time.Second {
			t.Errorf("asked again after %v, want 20 to 25 s", d)
		}
		if n := len(h.requests("subscribe presence")); n != 1 {
			t.Errorf("the other view was subscribed %d times", n)
		}
	})
}

// The next connection may be to a node that is ready.
func TestRefusedViewIsAskedAfterALoss(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.notReady()
		c := newClient(t, "http://hub", via)
		start := time.Now()
		go func() {
			time.Sleep(time.Second)
			c.Drop()
		}()
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("asked again after %v, want 1 s", d)
		}
	})
}

// notReady puts the first subscription of board finals off by 20 s.
func (h *fakeHub) notReady() {
	refused := false
	h.hook = func(s *fakeSession, r wire.Request) bool {
		if r.Op != wire.OpSubscribe || r.Board != "finals" {
			return false
		}
		if !refused {
			refused = true
			s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.NotReady, Message: "loading", RetryAfterMS: 20_000}})
			return true
		}
		s.handle(r)
		s.show("", "a1", snapshot(1, "ann"))
		return true
	}
}

// A subscription that goes bad while the keeper is at work is ended before it
// is asked for again.
func TestBadSubscriptionIsEndedFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.hook = func(s *fakeSession, r wire.Request) bool {
			switch {
			case r.Op == wire.OpSubscribe && r.Board == "finals":
				s.handle(r)
				s.show("", "a1", snapshot(1, "ann"))
				return true
			case r.Op == wire.OpUnsubscribe && r.Sub == "presence:hall":
				s.show("a7", "a8", moved(8, "ann", 1))
				time.Sleep(time.Second)
			}
			return false
		}
		c := newClient(t, "http://hub", via)
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		f, err := c.follow(wire.Request{View: wire.ViewPresence, Room: "hall"}, folding(FoldPresence))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.unfollow(f)
		time.Sleep(2 * time.Second)
		wantEqual(t, "ended", h.requests("unsubscribe"), []string{"unsubscribe presence:hall", "unsubscribe top:finals"})
		if n := len(h.requests("subscribe top")); n != 2 {
			t.Errorf("%d subscriptions, want 2", n)
		}
	})
}

// A join that the hub puts off holds up neither the views nor another room.
func TestWaitingJoinHoldsNobodyUp(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		refused := false
		h.hook = func(s *fakeSession, r wire.Request) bool {
			switch {
			case r.Op == wire.OpSubscribe:
				s.handle(r)
				s.show("", "a1", snapshot(1, "ann"))
				return true
			case r.Room == "second" && !refused:
				refused = true
				s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.Busy, Message: "later", RetryAfterMS: 20_000}})
				return true
			}
			return false
		}
		c, ctx := newClient(t, "http://hub", via), bounded(t)
		start := time.Now()
		joined := make(chan error, 1)
		go func() { joined <- c.Join(ctx, "second") }()
		synctest.Wait()
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		if err := c.Join(ctx, "first"); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d >= 20*time.Second {
			t.Errorf("a view and another room came after %v", d)
		}
		if err := receive(t, "the join", joined); err != nil {
			t.Error(err)
		}
	})
}
