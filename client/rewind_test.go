package client

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// How a quiet Source hears that its events were forgotten.
var hearings = map[string]func(h *fakeHub, s *Source){
	"told":                           func(h *fakeHub, _ *Source) { h.tell(nil) },
	"told twice":                     func(h *fakeHub, _ *Source) { h.tell(nil); h.tell(nil) },
	"after a loss of the connection": func(_ *fakeHub, s *Source) { s.c.Drop() },
}

// What a store can forget with events 41 to 100: nothing else, or the claim,
// with a new epoch or before there is one.
var forgettings = map[string]struct {
	gen   uint64
	epoch string
}{
	"events":                                 {3, ""},
	"events, new epoch":                      {3, "e2"},
	"events and the claim":                   {2, ""},
	"events and three claims, new epoch":     {0, "e2"},
	"events and the claims before the epoch": {0, ""},
}

func TestQuietBotHealsARollback(t *testing.T) {
	for how, hear := range hearings {
		for what, f := range forgettings {
			t.Run(what+"/"+how, func(t *testing.T) {
				inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
					h.gen = 2
					s, evs := pushed(t, h, via, 100)
					h.forgetAfter(40, f.gen, f.epoch)
					hear(h, s)
					time.Sleep(soon)
					wantEqual(t, "applied", h.members(), membersOf(evs))
					if st := s.Stats(); st.Rewound != 60 || st.Settled != 100 || s.Err() != nil {
						t.Errorf("stats are %+v, ended with %v", st, s.Err())
					}
					if gen := h.state().Generation; gen < 3 || f.gen < 3 && gen != 4 {
						t.Errorf("the generation is %d", gen)
					}
					results, err := s.Push(bounded(t), evs...)
					wantSettled(t, evs, results, err)
					wantEqual(t, "applied", h.members(), slices.Concat(membersOf(evs), membersOf(evs)))
				})
			})
		}
	}
}

func TestRollbackWhilePushing(t *testing.T) {
	for what, f := range forgettings {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
				h.gen = 2
				var n atomic.Int32
				h.hook = func(*fakeSession, wire.Request) bool {
					if n.Add(1) == 12 {
						h.forgetAfter(h.state().Seq-300, f.gen, f.epoch)
					}
					return false
				}
				s, evs := pushed(t, h, via, 2000)
				wantEqual(t, "applied", h.members(), membersOf(evs))
				if st := s.Stats(); st.Rewound == 0 || s.Err() != nil {
					t.Errorf("stats are %+v, ended with %v", st, s.Err())
				}
			})
		})
	}
}

// The second comes while the first is being healed, and goes further back.
func TestTwoRollbacksInARow(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 1000)
		var n atomic.Int32
		h.rehook(func(*fakeSession, wire.Request) bool {
			if n.Add(1) == 4 {
				h.forgetAfter(300, 0, "e3")
				h.tell(nil)
			}
			return false
		})
		h.forgetAfter(600, 1, "e2")
		h.tell(nil)
		time.Sleep(soon)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if st := s.Stats(); st.Rewound < 700 || st.Settled != 1000 {
			t.Errorf("stats are %+v", st)
		}
	})
}

// Results that were returned stand; those under way come as if nothing had
// happened.
func TestResultsStandAfterARollback(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			switch n.Add(1) {
			case 1:
				return false
			case 2:
				h.forgetAfter(10, 1, "")
			}
			results := h.apply(r)
			for i := range results {
				results[i].Version += 1000
			}
			s.ok(r, wire.Results{Results: results})
			return true
		}
		s := newSource(t, newClient(t, "http://hub", via))
		evs := events(100)
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		for i, r := range results {
			if first := r.Version < 1000; r.Status != wire.Applied || first != (i < wire.MaxBatch) {
				t.Fatalf("result %d is %+v, want the first answer", i, r)
			}
		}
		wantEqual(t, "applied", h.members(), membersOf(evs))
	})
}

// A rollback makes no twin: who was fenced stays fenced, and ends.
func TestTwinIsFencedAfterARollback(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		first, evs := pushed(t, h, via, 10)
		second := newSource(t, newClient(t, "http://hub", via))
		results, err := second.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
		h.forgetAfter(15, 2, "e2")
		h.tell(nil)
		time.Sleep(soon)
		receive(t, "the end of the twin", first.Done())
		wantCode(t, first.Err(), wire.Fenced)
		if second.Err() != nil {
			t.Error(second.Err())
		}
		h.forgetAfter(20, 1, "") // now the twin's claim is the last
		_, err = first.Push(bounded(t), evs...)
		wantCode(t, err, wire.Fenced)
		wantEqual(t, "applied", h.members(), membersOf(append(evs, evs...)))
	})
}

// Whoever uses a generation that was given twice is found out by its numbers.
func TestNumbersOfAnotherSenderAreFenced(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, _ := pushed(t, h, via, 10)
		h.mu.Lock()
		h.seq, h.epoch = 20, "e2"
		h.mu.Unlock()
		_, err := s.Push(bounded(t), events(1)...)
		wantCode(t, err, wire.Fenced)
		receive(t, "the end", s.Done())
	})
}

// An answer to our own claim that is lost does not make us our own twin.
func TestLostClaimIsMadeAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		h.gen = 4
		s, evs := pushed(t, h, via, 10)
		h.mu.Lock()
		h.deaf, h.mute = 1, 3
		h.mu.Unlock()
		h.forgetAfter(5, 4, "e2")
		h.tell(nil)
		time.Sleep(soon)
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if s.Err() != nil {
			t.Error(s.Err())
		}
	})
}

// A board that is not there is an error of the push; when it is back, the
// events that have their number come first.
func TestUnknownBoardIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.rehook(func(s *fakeSession, r wire.Request) bool {
			s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.UnknownBoard, Message: "no such board"}})
			return true
		})
		more := events(15)[10:]
		_, err := s.Push(bounded(t), more...)
		wantCode(t, err, wire.UnknownBoard)
		h.rehook(nil)
		h.forgetAfter(3, 1, "e2")
		if _, err := s.Push(bounded(t)); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "applied", h.members(), membersOf(append(evs, more...)))
	})
}

// A hub that is in doubt for ever is not asked without pause.
func TestDoubtsArePaced(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.rehook(func(s *fakeSession, r wire.Request) bool {
			results := make([]wire.Result, len(r.Events))
			for i := range results {
				results[i] = wire.Result{Status: wire.Refused, Error: &wire.Error{Code: wire.StaleEpoch, Message: "no"}}
			}
			s.ok(r, wire.Results{Results: results})
			return true
		})
		before := len(h.requests("score"))
		h.tell(func(s *wire.SourceState) { s.Epoch = "e2" })
		time.Sleep(time.Minute)
		if n := len(h.requests("score")) - before; n < 5 || n > 60 {
			t.Errorf("asked %d times in a minute, want 5 to 60", n)
		}
		h.rehook(nil)
		results, err := s.Push(bounded(t), evs...)
		wantSettled(t, evs, results, err)
	})
}

// A push that was answered since is proof enough: a busy bot is not probed.
func TestBusyBotClearsItsDoubts(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 10)
		h.tell(as(5, nil))
		synctest.Wait()
		if _, err := s.Push(bounded(t), evs...); err != nil {
			t.Fatal(err)
		}
		before := len(h.requests("score"))
		time.Sleep(soon)
		if n := len(h.requests("score")) - before; n != 0 {
			t.Errorf("%d messages more", n)
		}
	})
}

func TestAckLevelIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var acks []string
		h.hook = func(_ *fakeSession, r wire.Request) bool {
			acks = append(acks, r.Ack)
			return false
		}
		c := newClient(t, "http://hub", via, PushAck(wire.AckDisk))
		s, err := c.Source(bounded(t), "finals", "judge-1", Ack(wire.AckReplica))
		if err != nil {
			t.Fatal(err)
		}
		plain := newSource(t, newClient(t, "http://hub", via))
		if _, err := c.Push(bounded(t), "finals", events(1)...); err != nil {
			t.Fatal(err)
		}
		if _, err := plain.Push(bounded(t), events(1)...); err != nil {
			t.Fatal(err)
		}
		_, err = s.Push(bounded(t), events(1)...)
		wantCode(t, err, wire.Fenced)
		wantEqual(t, "levels", acks, []string{wire.AckDisk, "", wire.AckReplica})
	})
}

// No proof means no ack: the event is sent again until there is one.
func TestUnprovenIsSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		var n atomic.Int32
		h.hook = func(s *fakeSession, r wire.Request) bool {
			if n.Add(1) > 3 {
				return false
			}
			results := h.apply(r)
			for i := range results {
				results[i] = wire.Result{Status: wire.Refused, Error: &wire.Error{Code: wire.Unavailable, Message: "0 of 1 replicas", RetryAfterMS: 100}}
			}
			s.ok(r, wire.Results{Results: results})
			return true
		}
		s, evs := pushed(t, h, via, 20, Ack(wire.AckReplica))
		wantEqual(t, "applied", h.members(), membersOf(evs))
		if n.Load() != 4 || s.Stats().Settled != 20 {
			t.Errorf("%d messages, stats %+v", n.Load(), s.Stats())
		}
	})
}

// The last event is sent again because of a doubt, is not acknowledged, and then
// said to be durable: there is nothing left to send.
func TestEventThatBecomesDurableWhileInDoubt(t *testing.T) {
	inBubble(t, func(t *testing.T, h *fakeHub, via Option) {
		s, evs := pushed(t, h, via, 3)
		h.rehook(func(fs *fakeSession, r wire.Request) bool {
			if r.Op != wire.OpScore {
				return false
			}
			fs.ok(r, wire.Results{Results: []wire.Result{{Status: wire.Refused, Error: &wire.Error{Code: wire.Unavailable, Message: "0 of 1 replicas", RetryAfterMS: 1000}}}})
			h.tell(as(3, new(uint64(3))))
			return true
		})
		h.tell(as(2, nil)) // the doubt
		time.Sleep(5 * time.Second)
		wantStats(t, s, SourceStats{Seq: 3, Settled: 3, Durable: new(uint64(3))})
		if doubts, _ := s.doubtful(); doubts != 0 || s.Err() != nil {
			t.Errorf("%d doubts are left, ended with %v", doubts, s.Err())
		}
		h.rehook(nil)
		results, err := s.Push(bounded(t), evs[:1]...)
		wantSettled(t, evs[:1], results, err)
	})
}
