package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

func wantStats(t *testing.T, s *Source, want SourceStats) {
	t.Helper()
	got := s.Stats()
	if show(got.Durable) != show(want.Durable) {
		t.Errorf("durable is %s, want %s", show(got.Durable), show(want.Durable))
	}
	got.Durable, want.Durable = nil, nil
	if got != want {
		t.Errorf("stats are\n%+v, want\n%+v", got, want)
	}
}

func show(n *uint64) string {
	if n == nil {
		return "unknown"
	}
	return fmt.Sprint(*n)
}

func TestOutboxKeepsWhatIsNotDurable(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		one := len(`{"member":"m1","op":"incr","score":1}`)
		wantStats(t, s, SourceStats{Seq: 10, Settled: 10, Held: 10, Bytes: 10*one + 1})
		h.tell(as(10, new(uint64(7))))
		synctest.Wait()
		wantStats(t, s, SourceStats{Seq: 10, Settled: 10, Held: 3, Bytes: 3*one + 1, Durable: new(uint64(7))})
		h.tell(as(10, new(uint64(10))))
		synctest.Wait()
		wantStats(t, s, SourceStats{Seq: 10, Settled: 10, Durable: new(uint64(10))})
		h.forgetAfter(10, 1, "e2")
		results, err := s.Push(bounded(t), evs[:1]...)
		wantSettled(t, evs[:1], results, err)
		wantStats(t, s, SourceStats{Seq: 11, Settled: 11, Held: 1, Bytes: one, Durable: new(uint64(10))})
	})
}

// Standings may come late, twice and of histories that have ended; only what is
// said of ours moves durable, and never back.
func TestStandingsInAnyOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 100)
		for _, step := range []struct {
			state wire.SourceState
			held  int
		}{
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 60, Durable: new(uint64(50))}, 50},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 60, Durable: new(uint64(50))}, 50},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 55, Durable: new(uint64(30))}, 50},
			{wire.SourceState{Epoch: "e0", Generation: 1, Seq: 100, Durable: new(uint64(99))}, 50},
			{wire.SourceState{Epoch: "e1", Generation: 2, Seq: 100, Durable: new(uint64(99))}, 50},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 900, Durable: new(uint64(900))}, 50},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 70, Durable: new(uint64(900))}, 30},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 100, Durable: nil}, 30},
			{wire.SourceState{Epoch: "e1", Generation: 1, Seq: 100, Durable: new(uint64(90))}, 10},
		} {
			h.tell(func(s *wire.SourceState) { step.state.Source = s.Source; *s = step.state })
			synctest.Wait()
			if got := s.Stats().Held; got != step.held {
				t.Errorf("after %+v %d events are held, want %d", step.state, got, step.held)
			}
			time.Sleep(soon)
		}
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if st := s.Stats(); st.Rewound != 0 || s.Err() != nil {
			t.Errorf("rewound %d events, ended with %v", st.Rewound, s.Err())
		}
	})
}

// What the server has is dropped above the bound, what it has not is kept.
func TestFullOutboxDropsOldestAcknowledgedOnly(t *testing.T) {
	for name, opt := range map[string]SourceOption{
		"events": OutboxEvents(10), "bytes": OutboxBytes(10 * len(`{"member":"m100","op":"incr","score":1}`)),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				s, evs := pushed(t, h, via, 600, opt)
				if st := s.Stats(); st.Held != 10 || st.Dropped != 590 || st.Durable != nil {
					t.Errorf("stats are %+v, want 10 held and 590 dropped", st)
				}
				h.rehook(func(*fakeSession, wire.Request) bool { return true }) // never answers
				ctx, cancel := context.WithTimeout(bounded(t), time.Second)
				defer cancel()
				more := events(100)
				if _, err := s.Push(ctx, more...); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				if st := s.Stats(); st.Held != 100 || st.Dropped != 600 || st.Settled != 600 {
					t.Errorf("stats are %+v, want the 100 unanswered held", st)
				}
				h.rehook(nil)
				if _, err := s.Push(bounded(t)); err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "applied", h.members(), membersOf(append(evs, more...)))
			})
		})
	}
}

// Without an outbox lost answers still count once.
func TestNoOutboxKeepsTheWindow(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			if n.Add(1)%4 != 0 {
				return false
			}
			h.apply(r)
			s.cut()
			return true
		}
		s, evs := pushed(t, h, via, 1500, OutboxEvents(0))
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if st := s.Stats(); st.Held != 0 || st.Dropped != 1500 {
			t.Errorf("stats are %+v", st)
		}
	})
}

func TestRewindBeyondTheOutboxIsLost(t *testing.T) {
	for name, hear := range map[string]func(h *fakeHub, s *Source) error{
		"told": func(h *fakeHub, s *Source) error {
			h.tell(nil)
			time.Sleep(soon)
			return s.Err()
		},
		"after a loss of the connection": func(h *fakeHub, s *Source) error {
			s.c.Drop()
			time.Sleep(soon)
			return s.Err()
		},
		"by a push": func(h *fakeHub, s *Source) error {
			_, err := s.Push(context.Background(), events(1)...)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				s, evs := pushed(t, h, via, 100, OutboxEvents(10))
				h.forgetAfter(95, 1, "")
				if _, err := s.Push(bounded(t), evs[:1]...); err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "applied", h.members(), membersOf(append(evs, evs[0])))
				h.forgetAfter(80, 1, "")
				err := hear(h, s)
				var lost *LostError
				if !errors.As(err, &lost) || lost.Board != "finals" || lost.Source != "judge-1" || lost.From != 81 || lost.To != s.Seq()-10 {
					t.Fatalf("ended with %v, want from seq 81 on all but 10 lost", err)
				}
				receive(t, "the end", s.Done())
				if _, err := s.Push(bounded(t), events(1)...); !errors.Is(err, lost) {
					t.Errorf("push afterwards: %v", err)
				}
				if got := len(h.members()); got != 80 {
					t.Errorf("%d events were sent across the hole", got-80)
				}
				if s, err = s.c.Source(bounded(t), "finals", "judge-1"); err != nil || s.Last() != 80 {
					t.Errorf("claimed anew it stands at %d (%v), want 80", s.Last(), err)
				}
			})
		})
	}
}

func TestOutboxStaysSmall(t *testing.T) {
	o := newOutbox(sourceConfig{events: 100, bytes: 1 << 20}, 7)
	for i := range uint64(100_000) {
		o.add([]byte("{}"))
		o.settle(8 + i)
	}
	if o.held() != 100 || o.bytes != 200 || o.dropped != 99_900 || o.last() != 100_007 || o.first != 99_908 {
		t.Errorf("%d held with %d bytes, %d dropped, first %d, last %d", o.held(), o.bytes, o.dropped, o.first, o.last())
	}
	if cap(o.bodies) > 8192 {
		t.Errorf("room for %d bodies", cap(o.bodies))
	}
}

// What a server called durable and then forgot is not durable once it is sent
// again.
func TestDurableGoesBackWithTheServer(t *testing.T) {
	o := newOutbox(newSourceConfig(nil), 0)
	for range 10 {
		o.add([]byte("{}"))
	}
	o.prove(8)
	for seq := range uint64(5) {
		o.settle(seq + 1)
	}
	if o.held() != 5 {
		t.Fatalf("%d held, want those that are not settled", o.held())
	}
	if n := o.back(6); n != 0 {
		t.Errorf("forgot %d of what was not settled", n)
	}
	o.settle(6)
	o.settle(7)
	if o.held() != 4 || o.first != 7 {
		t.Errorf("%d held from %d on, want all but the first 6", o.held(), o.first)
	}
}
