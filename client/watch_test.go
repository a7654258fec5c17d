package client

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"rollcall/wire"
)

// show sends a frame of the top view of board finals.
func (s *fakeSession) show(from, at string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		s.hub.t.Error(err)
	}
	p := wire.Push{View: wire.ViewTop, Sub: "top:finals", From: from, At: at}
	if from == "" {
		p.Snapshot = text
	} else {
		p.Delta = text
	}
	s.write(p)
}

func snapshot(version uint64, members ...string) wire.BoardSnapshot {
	s := wire.BoardSnapshot{Board: "finals", Version: version}
	for i, m := range members {
		s.Entries = append(s.Entries, wire.Entry{Rank: i + 1, Member: m})
	}
	return s
}

func moved(version uint64, member string, rank int) wire.BoardDelta {
	return wire.BoardDelta{Version: version, Entries: []wire.EntryDelta{{Rank: rank, Member: member}}}
}

// onSubscribe answers subscriptions and then runs then in the session.
func (h *fakeHub) onSubscribe(then func(s *fakeSession, r wire.Request)) {
	h.hook = func(s *fakeSession, r wire.Request) bool {
		if r.Op != wire.OpSubscribe {
			return false
		}
		s.handle(r)
		then(s, r)
		return true
	}
}

// puller pulls states in the test's own time.
type puller struct {
	t    *testing.T
	next func() (BoardState, error, bool)
}

func newPuller(t *testing.T, c *Client) (*puller, func()) {
	next, stop := iter.Pull2(c.WatchBoard(bounded(t), "finals", BoardOptions{}))
	return &puller{t: t, next: next}, stop
}

// want pulls until a state satisfies ok.
func (p *puller) want(what string, ok func(BoardState) bool) BoardState {
	p.t.Helper()
	for {
		s, err, more := p.next()
		if err != nil || !more {
			p.t.Fatalf("waiting for %s: the watch ended with %v", what, err)
		}
		if ok(s) {
			return s
		}
	}
}

func atVersion(v uint64) func(BoardState) bool {
	return func(s BoardState) bool { return s.Version == v && s.Connected }
}

func TestWatchFoldsDeltas(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) {
			s.show("", "a1", snapshot(1, "ann", "bob"))
			s.show("a1", "a2", moved(2, "bob", 1))
			s.show("a2", "a3", moved(3, "ann", 2))
		})
		p, stop := newPuller(t, newClient(t, "http://hub", via))
		defer stop()
		s := p.want("version 3", atVersion(3))
		if s.Entries[0].Member != "bob" || s.Entries[1].Member != "ann" {
			t.Errorf("entries are %+v, want bob before ann", s.Entries)
		}
	})
}

// While the loop's body is busy, states are replaced, not queued.
func TestSlowWatcherGetsTheNewest(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) { s.show("", "a1", snapshot(1, "ann")) })
		c := newClient(t, "http://hub", via)
		session := h.session()
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		for v := uint64(2); v <= 1000; v++ {
			session.show("", "x", snapshot(v, "ann"))
		}
		synctest.Wait()
		if s, _, _ := p.next(); s.Version != 1000 {
			t.Errorf("next state is version %d, want the newest, 1000", s.Version)
		}
	})
}

// A delta onto a state that we do not have is answered by a fresh subscription.
func TestForeignDeltaAsksForASnapshot(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		n := 0
		h.onSubscribe(func(s *fakeSession, r wire.Request) {
			if n++; n == 1 {
				s.show("", "a1", snapshot(1, "ann"))
				s.show("a7", "a8", moved(8, "ann", 1))
				return
			}
			s.show("", "a9", snapshot(9, "ann"))
		})
		p, stop := newPuller(t, newClient(t, "http://hub", via))
		defer stop()
		p.want("version 9", atVersion(9))
		wantEqual(t, "subscriptions", h.requests("subscribe"), []string{"subscribe top finals at=", "subscribe top finals at="})
		if len(h.requests("unsubscribe")) != 1 {
			t.Error("the old subscription was not ended")
		}
	})
}

func TestWatchResumesAfterALoss(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		n := 0
		h.onSubscribe(func(s *fakeSession, _ wire.Request) {
			if n++; n == 1 {
				s.show("", "a1", snapshot(1, "ann", "bob"))
				return
			}
			s.show("a1", "a2", moved(2, "bob", 1))
		})
		c := newClient(t, "http://hub", via)
		p, stop := newPuller(t, c)
		defer stop()
		p.want("the snapshot", atVersion(1))
		c.Drop()
		synctest.Wait() // the loss is known, the way back takes time
		p.want("the loss", func(s BoardState) bool { return !s.Connected && s.Version == 1 })
		p.want("what was missed", atVersion(2))
		wantEqual(t, "subscriptions", h.requests("subscribe"), []string{"subscribe top finals at=", "subscribe top finals at=a1"})
	})
}

func TestWatchersShareASubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) { s.show("", "a1", snapshot(1, "ann")) })
		c := newClient(t, "http://hub", via)
		first, stopFirst := newPuller(t, c)
		first.want("the snapshot", atVersion(1))
		second, stopSecond := newPuller(t, c)
		second.want("the same", atVersion(1))
		stopFirst()
		synctest.Wait()
		session := h.session()
		session.show("", "a2", snapshot(2, "ann"))
		second.want("the next", atVersion(2))
		stopSecond()
		synctest.Wait()
		wantEqual(t, "ended", h.requests("unsubscribe"), []string{"unsubscribe top:finals"})
		if n := len(h.requests("subscribe")); n != 1 {
			t.Errorf("%d subscriptions, want 1", n)
		}
	})
}

func TestRefusedWatchEndsWithTheCode(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.hook = func(s *fakeSession, r wire.Request) bool {
			s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.UnknownBoard, Message: "no such board"}})
			return true
		}
		n := 0
		for _, err := range newClient(t, "http://hub", via).WatchBoard(bounded(t), "finals", BoardOptions{}) {
			n++
			wantCode(t, err, wire.UnknownBoard)
		}
		if n != 1 {
			t.Errorf("yielded %d times, want once", n)
		}
	})
}

func TestTransientlyRefusedWatchTriesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		n := 0
		h.hook = func(s *fakeSession, r wire.Request) bool {
			if n++; n == 1 {
				s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.NotReady, Message: "loading", RetryAfterMS: 1}})
				return true
			}
			s.handle(r)
			s.show("", "a1", snapshot(1, "ann"))
			return true
		}
		p, stop := newPuller(t, newClient(t, "http://hub", via))
		defer stop()
		p.want("the snapshot", atVersion(1))
	})
}

func TestWatchEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) { s.show("", "a1", snapshot(1, "ann")) })
		ctx, cancel := context.WithCancel(bounded(t))
		defer cancel()
		for _, err := range newClient(t, "http://hub", via).WatchBoard(ctx, "finals", BoardOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			cancel()
		}
	})
}

func TestWatchEndsWithClose(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) { s.show("", "a1", snapshot(1, "ann")) })
		c := newClient(t, "http://hub", via)
		var last error
		for _, err := range c.WatchBoard(bounded(t), "finals", BoardOptions{}) {
			if last = err; err == nil {
				_ = c.Close()
			}
		}
		if !errors.Is(last, ErrClosed) {
			t.Errorf("ended with %v, want ErrClosed", last)
		}
	})
}

func TestFrameThatDoesNotFoldEndsTheWatch(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.onSubscribe(func(s *fakeSession, _ wire.Request) { s.show("", "a1", []int{1}) })
		var last error
		for _, err := range newClient(t, "http://hub", via).WatchBoard(bounded(t), "finals", BoardOptions{}) {
			last = err
		}
		if last == nil {
			t.Error("no error")
		}
	})
}
