package hub

import (
	"context"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"

	"rollcall/hub/fanout"
	"rollcall/wire"
)

// byesPerSecond is how many sessions a node that goes down sends away in a
// second. Each comes back to another node, where a TLS handshake takes half a
// millisecond of a core: 2,100 a second were measured on two cores, and half of
// them are for those who are there already.
const byesPerSecond = 1000

// byeBurst is how many go at once: few timers, and no crowd.
const byeBurst = 20

// Unready makes /readyz say that the node goes down. Everything is served as
// before.
func (h *Hub) Unready() { h.ready.Store(false) }

// Drain makes the node unready, takes no more sessions and tells those it has
// to come back elsewhere: first the bots, whose events wait for them, then
// everyone else, at most 1,000 a second, each with a bye that says after how
// long, at most back, and close code 1012. Their users' holders stay, so nobody
// is seen to leave. When ctx ends the rest are told at once.
func (h *Hub) Drain(ctx context.Context, back time.Duration) {
	h.Unready()
	h.sessions.drain(ctx, back)
}

// drain tells every session, then ends the streams, which have no words for it:
// their clients come back by themselves.
func (ss *sessions) drain(ctx context.Context, back time.Duration) {
	defer ss.end()
	bots, others := ss.last()
	total := len(bots) + len(others)
	if total == 0 {
		return
	}
	pace, told, began := rate.NewLimiter(byesPerSecond, byeBurst), 0, time.Now()
	progress := time.NewTicker(time.Second)
	defer progress.Stop()
	tell := func(some []*session) {
		// As long as the bye of these takes, so that they do not come back in
		// step, wherever their closes waited on the way.
		window := min(time.Duration(len(some))*time.Second/byesPerSecond, back)
		for _, s := range some {
			_ = pace.Wait(ctx) // fails when ctx has ended
			s.restart(rand.N(window + 1))
			told++
			select {
			case <-progress.C:
				ss.hub.log.Info("draining", "told", told, "sessions", total)
			default:
			}
		}
	}
	tell(bots)
	tell(others)
	ss.hub.log.Info("drained", "sessions", total, "bots", len(bots), "took", time.Since(began).Round(time.Millisecond))
}

// last refuses new sessions from now on and returns those there are.
func (ss *sessions) last() (bots, others []*session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.closed = true
	for s := range ss.live {
		if s.bot.Load() {
			bots = append(bots, s)
		} else {
			others = append(others, s)
		}
	}
	return bots, others
}

// restart closes the session because the node goes down, and says after how
// long to come back; its holders stay.
func (s *session) restart(after time.Duration) {
	s.mu.Lock()
	told := s.leaving
	s.leaving = true
	s.mu.Unlock()
	if told {
		return
	}
	bye := wire.ByeFrame{Bye: wire.Bye{AfterMS: after.Milliseconds()}}
	_ = s.out.Send(fanout.NewFrame(encode(bye))) // one that is closed needs no goodbye
	s.shut(wire.CloseRestart, "the node is going down")
}
