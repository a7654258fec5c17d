package hub

import (
	"context"
	"time"

	"rollcall/hub/fanout"
	"rollcall/wire"
)

// standingEvery is the shortest pause between two standings of a source, and
// between two questions to the store of one board.
const standingEvery = 200 * time.Millisecond

// proofsAtOnce bounds the boards of which the store is asked at once: where a
// replica is dead each question takes long, and acks that need one wait beside
// them for the same connections (64 to a Redis).
const proofsAtOnce = 16

// run asks the store and tells the sessions while there is something to ask or
// to tell.
func (st *standings) run(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	serve := time.NewTicker(max(st.hub.cfg.ReplicaKeep/3, time.Millisecond))
	defer serve.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-serve.C:
			st.serve()
			continue
		case <-st.wake:
		case <-again.C:
		}
		if soonest, more := st.look(time.Now()); more {
			again.Reset(max(time.Until(soonest), standingEvery))
		}
		st.hub.pause(standingEvery)
	}
}

// serve keeps the replicas of boards of which the store may still lose what was
// acknowledged: who has no replica does not notice.
func (st *standings) serve() {
	if !st.hub.cfg.Shared {
		return
	}
	var names []string
	st.mu.Lock()
	for name, b := range st.boards {
		for _, at := range b.sources {
			if at.acked > at.durable {
				names = append(names, name)
				break
			}
		}
	}
	st.mu.Unlock()
	for _, name := range names {
		st.hub.feeds.get(name)
	}
}

// telling is a frame on its way to the sessions of a source.
type telling struct {
	key      string
	frame    *fanout.Frame
	sessions []*session
}

// look tells what is untold and asks what may be asked. more reports that a
// question waits for its time.
func (st *standings) look(now time.Time) (soonest time.Time, more bool) {
	var tellings []telling
	st.mu.Lock()
	for _, b := range st.boards {
		owed := false
		for _, at := range b.sources {
			if at.untold && !at.doubt { // in doubt it is told what the store says
				tellings = append(tellings, st.tellingLocked(at))
				at.untold = false
			}
			owed = owed || at.owed(st.hub.cfg.Durable)
		}
		switch {
		case !owed || b.asking:
		case st.asking >= proofsAtOnce: // the end of one of them is a signal
		case b.soonest.After(now):
			if !more || b.soonest.Before(soonest) {
				soonest, more = b.soonest, true
			}
		default:
			if b.asking = st.hub.spawn(func() { st.ask(b) }); b.asking {
				st.asking++
			}
		}
	}
	st.mu.Unlock()
	for _, t := range tellings {
		for _, s := range t.sessions {
			s.tell(t.key, t.frame)
		}
	}
	return soonest, more
}

func (st *standings) tellingLocked(at *standing) telling {
	t := telling{key: "standing " + at.board.name + " " + at.source}
	for s := range at.sessions {
		t.sessions = append(t.sessions, s)
	}
	frame := wire.StandingFrame{Standing: wire.Standing{Board: at.board.name, SourceState: wire.SourceState{
		Source: at.source, Epoch: at.board.epoch, Origin: at.board.origin, Generation: at.generation, Seq: max(at.acked, at.seq),
	}}}
	if at.durable > 0 {
		durable := at.durable
		frame.Standing.Durable = &durable
	}
	t.frame = fanout.NewFrame(encode(frame))
	return t
}

// tell sends a frame behind the answers given so far, in place of an unsent one
// of the same key: a session that is slow to read is not closed for it.
func (s *session) tell(key string, f *fanout.Frame) {
	s.out.Forget(key)
	_ = s.out.Latest(key, f) // a session that has ended hears nothing
}

// gone reports whether the session has ended.
func (s *session) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}
