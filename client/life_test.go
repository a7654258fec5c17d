package client

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

func TestRoomsAreJoinedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		ctx := bounded(t)
		for _, err := range []error{
			c.Join(ctx, "hall"), c.Join(ctx, "left"), c.Leave(ctx, "left"), c.Away(ctx, "hall", true),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		h.session()
		h.forget()
		c.Drop()
		h.session()
		synctest.Wait()
		wantEqual(t, "requests after the loss", h.requests(""), []string{"join hall away=true"})
	})
}

// On a new connection the server does not know the room yet: leaving is done,
// and being away starts with joining. Here the hub puts off what the keeper
// restores, so that the calls come first.
func TestLeaveAndAwayAfterALoss(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var lost atomic.Bool
		h.hook = func(s *fakeSession, r wire.Request) bool {
			restored := lost.Load() && r.Op == wire.OpJoin && !r.Away
			if restored {
				s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.Busy, Message: "later", RetryAfterMS: 30_000}})
			}
			return restored
		}
		c, ctx := newClient(t, "http://hub", via), bounded(t)
		if err := errors.Join(c.Join(ctx, "hall"), c.Join(ctx, "left")); err != nil {
			t.Fatal(err)
		}
		h.session()
		lost.Store(true)
		c.Drop()
		h.session()
		synctest.Wait()
		h.forget()
		if err := errors.Join(c.Leave(ctx, "left"), c.Away(ctx, "hall", true)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second) // the keeper comes again and finds all done
		wantEqual(t, "requests", h.requests(""), []string{"join hall away=true", "away hall away=true"})
	})
}

func TestRefusedRoomIsNotKept(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.hook = func(s *fakeSession, r wire.Request) bool {
			s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.Forbidden, Message: "no"}})
			return true
		}
		c := newClient(t, "http://hub", via)
		wantCode(t, c.Join(bounded(t), "hall"), wire.Forbidden)
		if len(c.rooms.all()) != 0 {
			t.Error("a refused room would be joined again")
		}
	})
}

func TestCloseSaysGoodbye(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		start := time.Now()
		_ = c.Close()
		_ = c.Close()
		if d := time.Since(start); d != 0 {
			t.Errorf("closing took %v", d)
		}
		synctest.Wait()
		wantEqual(t, "close codes", h.closes, []int{wire.CloseNormal})
		if _, err := c.Push(bounded(t), "finals", events(1)...); !errors.Is(err, ErrClosed) {
			t.Errorf("push after close: %v", err)
		}
		if err := c.Join(bounded(t), "hall"); !errors.Is(err, ErrClosed) {
			t.Errorf("join after close: %v", err)
		}
	})
}

// A server that is gone cannot hold Close up.
func TestCloseWaitsASecondAtMost(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		block := make(chan struct{})
		h.hook = func(*fakeSession, wire.Request) bool { <-block; return true }
		c := newClient(t, "http://hub", via)
		ctx, cancel := context.WithTimeout(bounded(t), time.Second)
		defer cancel()
		if err := c.Join(ctx, "hall"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		start := time.Now()
		_ = c.Close()
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("closing took %v", d)
		}
		close(block)
	})
}

func TestCloseEndsCallsUnderWay(t *testing.T) {
	for name, hook := range map[string]func(*fakeSession, wire.Request) bool{
		"without an answer": func(*fakeSession, wire.Request) bool { return true },
		"told to wait": func(s *fakeSession, r wire.Request) bool {
			s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.Busy, Message: "later", RetryAfterMS: 60_000}})
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				h.hook = hook
				c, ctx := newClient(t, "http://hub", via), bounded(t)
				ended := make(chan error, 2)
				go func() { ended <- c.Join(ctx, "hall") }()
				go func() {
					_, err := c.Push(ctx, "finals", events(1)...)
					ended <- err
				}()
				synctest.Wait()
				closed := time.Now()
				_ = c.Close()
				for range 2 {
					if err := receive(t, "the end", ended); !errors.Is(err, ErrClosed) {
						t.Errorf("ended with %v, want ErrClosed", err)
					}
				}
				if d := time.Since(closed); d > 0 {
					t.Errorf("that took %v", d)
				}
			})
		})
	}
}

func TestAdviceNeverEndsTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		s := h.session()
		s.close(wire.CloseAuthFailed)
		receive(t, "the end", c.Done())
		var closed *CloseError
		if !errors.As(c.Err(), &closed) || closed.Code != wire.CloseAuthFailed {
			t.Errorf("ended with %v", c.Err())
		}
		time.Sleep(time.Hour)
		if len(h.sessions) != 0 {
			t.Error("it came back")
		}
		s.cut()
	})
}

func TestRefusedHelloEndsTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		h.refuse = func() *wire.Error { return &wire.Error{Code: wire.BadToken, Message: "expired"} }
		c.Drop()
		receive(t, "the end", c.Done())
		wantCode(t, c.Err(), wire.BadToken)
	})
}

func TestDialTellsWhatWasWrong(t *testing.T) {
	h, url := newRealHub(t)
	h.refuse = func() *wire.Error { return &wire.Error{Code: wire.AuthRequired, Message: "a token is needed"} }
	_, err := Dial(bounded(t), url)
	wantCode(t, err, wire.AuthRequired)
	if _, err := Dial(bounded(t), "ftp://hub"); err == nil {
		t.Error("an ftp address was taken")
	}
}

// A busy hub is not asked again before the time it named.
func TestRetryAfterIsObeyed(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		h.session()
		refused := false
		h.refuse = func() *wire.Error {
			if refused {
				return nil
			}
			refused = true
			return &wire.Error{Code: wire.TooMany, Message: "full", RetryAfterMS: 20_000}
		}
		start := time.Now()
		c.Drop()
		h.session()
		if d := time.Since(start); d < 20*time.Second || d > 21*time.Second {
			t.Errorf("came back after %v, want 20 s", d)
		}
	})
}

// Pings count as signs of life; silence of 45 s does not.
func TestSilenceBreaksTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		c := newClient(t, "http://hub", via)
		s := h.session()
		for range 10 {
			time.Sleep(40 * time.Second)
			if err := s.conn.WriteControl(9, nil, time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		if len(h.sessions) != 0 {
			t.Fatal("it reconnected in spite of pings")
		}
		last := time.Now()
		h.session()
		if d := time.Since(last); d < 45*time.Second || d > 46*time.Second {
			t.Errorf("came back after %v, want 45 s", d)
		}
		_ = c.Close()
		s.cut()
	})
}

func TestBackoffGrowsAndIsCapped(t *testing.T) {
	b := backoff{first: 500 * time.Millisecond, longest: 30 * time.Second}
	for i, most := range []float64{0.5, 1, 2, 4, 8, 16, 30, 30, 30} {
		if d := b.next(wire.ReturnNow); d < 0 || d.Seconds() > most {
			t.Errorf("wait %d is %v, want at most %v s", i, d, most)
		}
	}
	b.reset()
	if d := b.next(wire.ReturnNow); d > 500*time.Millisecond {
		t.Errorf("wait after a reset is %v", d)
	}
	b.reset()
	if d := b.next(wire.ReturnLater); d < time.Second || d > 2*time.Second {
		t.Errorf("wait when told to return later is %v, want 1 to 2 s", d)
	}
}

// Connections that break within 30 s let the waits grow; one that lasted lets
// them start anew.
func TestBackoffResetsAfterAStableConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		newClient(t, "http://hub", via, Backoff(500*time.Millisecond, 30*time.Second))
		s := h.session()
		var longest time.Duration
		for range 30 {
			broken := time.Now()
			s.cut()
			s = h.session()
			longest = max(longest, time.Since(broken))
		}
		if longest < 4*time.Second {
			t.Errorf("after 30 short connections the longest wait was %v", longest)
		}
		for range 20 {
			for wait := 31 * time.Second; wait > 0; wait -= time.Second {
				time.Sleep(time.Second)
				_ = s.conn.WriteControl(9, nil, time.Now().Add(time.Second))
			}
			broken := time.Now()
			s.cut()
			s = h.session()
			if d := time.Since(broken); d > 500*time.Millisecond {
				t.Errorf("after a stable connection the wait was %v", d)
			}
		}
	})
}
