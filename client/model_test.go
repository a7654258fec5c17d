package client

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/wire"
)

// forgetful plays everything that may befall a source's events on a hub, by a
// seeded hand: lost answers, busy queues, two nodes that reorder, and a store
// that goes back, with a new epoch or without, and with or without the claims,
// but never behind what it called durable.
type forgetful struct {
	*fakeHub
	mu       sync.Mutex // of what follows; taken after fakeHub.mu
	rng      *rand.Rand
	calm     bool
	epochs   int
	wentBack int
}

func (f *forgetful) chance(p float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.calm && f.rng.Float64() < p
}

func (f *forgetful) below(n uint64) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.Uint64N(n + 1)
}

// befall is the hook of the fake hub.
func (f *forgetful) befall(s *fakeSession, r wire.Request) bool {
	if r.Op != wire.OpScore {
		return false
	}
	if f.chance(0.05) {
		f.goBack()
	}
	if f.chance(0.05) {
		f.prove()
	}
	switch {
	case f.chance(0.04): // applied, the answer is lost
		f.apply(r)
		s.cut()
	case f.chance(0.04): // the answer is lost, and it is applied by and by
		s.cut()
		delay := time.Duration(f.below(300)) * time.Millisecond
		go func() { // by another node; settleDown waits
			time.Sleep(delay)
			f.apply(r)
		}()
	case f.chance(0.05):
		s.write(wire.Answer{ID: r.ID, Error: &wire.Error{Code: wire.Busy, Message: "full", RetryAfterMS: 5}})
	case f.chance(0.05): // applied and not proven
		results := f.apply(r)
		for i := range results {
			if results[i].Status != wire.Refused {
				results[i] = wire.Result{Status: wire.Refused, Error: &wire.Error{Code: wire.Unavailable, Message: "no proof", RetryAfterMS: 5}}
			}
		}
		s.ok(r, wire.Results{Results: results})
	default:
		return false
	}
	return true
}

// goBack forgets some events and perhaps claims; the node may or may not say so.
func (f *forgetful) goBack() {
	f.fakeHub.mu.Lock()
	defer f.fakeHub.mu.Unlock()
	floor := uint64(0)
	if f.durable != nil {
		floor = *f.durable
	}
	seq, gen, epoch := floor+f.below(f.seq-floor), f.gen, ""
	if f.chance(0.5) {
		f.epochs++
		epoch = fmt.Sprint("e", f.epochs+1)
	}
	if f.chance(0.3) {
		gen -= min(gen, f.below(2))
	}
	if seq < f.seq {
		f.wentBack++
	}
	f.forgetAfterLocked(seq, gen, epoch)
	if f.chance(0.3) {
		f.tellLocked(nil)
	}
}

// prove makes some events durable and says so, perhaps twice.
func (f *forgetful) prove() {
	f.fakeHub.mu.Lock()
	defer f.fakeHub.mu.Unlock()
	floor := uint64(0)
	if f.durable != nil {
		floor = *f.durable
	}
	f.durable = new(floor + f.below(f.seq-floor))
	f.tellLocked(nil)
	if f.chance(0.3) {
		f.tellLocked(nil)
	}
}

// settleDown ends the faults; the last rollback is told as a node tells it, or
// found out on the next connection.
func (f *forgetful) settleDown(s *Source) {
	f.mu.Lock()
	f.calm = true
	f.mu.Unlock()
	time.Sleep(time.Second) // whatever is under way comes
	if f.below(1) == 0 {
		f.tell(nil)
	} else {
		s.c.Drop()
	}
}

// Whatever befalls, in the end each event counts exactly once and in order.
func TestEveryEventCountsOnceWhateverIsForgotten(t *testing.T) {
	const seeds = 60
	wentBack, rewound := 0, uint64(0)
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			h, via := newPipeHub(t)
			h.sessions = make(chan *fakeSession, 10_000)
			f := &forgetful{fakeHub: h, rng: rand.New(rand.NewPCG(seed, 4))}
			h.hook = f.befall
			s := newSource(t, newClient(t, "http://hub", via))
			all := events(500)
			for rest := all; len(rest) > 0; {
				n := min(len(rest), 1+int(f.below(100)))
				results, err := s.Push(bounded(t), rest[:n]...)
				wantSettled(t, rest[:n], results, err)
				rest = rest[n:]
				if f.chance(0.3) { // it stands still; what was forgotten meanwhile need not be told
					f.goBack()
					time.Sleep(time.Duration(f.below(1000)) * time.Millisecond)
				}
			}
			f.settleDown(s)
			time.Sleep(soon)
			wantEqual(t, fmt.Sprint("seed ", seed), h.members(), membersOf(all))
			f.fakeHub.mu.Lock()
			wentBack += f.wentBack
			f.fakeHub.mu.Unlock()
			rewound += s.Stats().Rewound
		})
	}
	t.Logf("%d seeds, %d rollbacks, %d events sent again", seeds, wentBack, rewound)
	if wentBack < seeds || rewound < 10*seeds {
		t.Error("too little was forgotten to prove anything")
	}
}
