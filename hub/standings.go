package hub

import (
	"sync"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// standings are where the sources stand that sessions of this node push:
// what of them was acknowledged here, and what is known to be durable. The
// sessions are told when more is durable, and when a board's history is not what
// it was. Sources pushed over HTTP and NATS have nobody to tell; who asks where
// one stands is answered from the store.
type standings struct {
	hub  *Hub
	wake chan struct{} // holds at most one

	mu       sync.Mutex
	boards   map[string]*standingBoard // guarded by mu
	sessions map[*session][]*standing  // guarded by mu: what each of them pushes
	held     int                       // guarded by mu
	asking   int                       // guarded by mu: boards of which the store is being asked
}

func newStandings(h *Hub) *standings {
	return &standings{hub: h, wake: make(chan struct{}, 1), boards: map[string]*standingBoard{}, sessions: map[*session][]*standing{}}
}

// standingBoard is a board with such sources; guarded by standings.mu.
type standingBoard struct {
	name    string
	epoch   string
	origin  string // as the store said in this epoch; "" = unknown
	sources map[string]*standing

	asking  bool          // the store is being asked
	soonest time.Time     // before this it is not asked again
	wait    time.Duration // the pause after the last answer without a proof; 0 = it was proven
}

// standing is one source; guarded by standings.mu.
type standing struct {
	board      *standingBoard
	source     string
	generation uint64 // 0 also while unknown
	acked      uint64 // the last seq answered for good here
	seq        uint64 // the last seq that the store was asked of
	durable    uint64 // the last seq known to be durable; 0 = none
	sessions   map[*session]struct{}

	doubt  bool // the store must be asked where the source stands, and the sessions told
	untold bool // the sessions have not been told the newest
}

// owed reports whether the store should be asked of the source.
func (s *standing) owed(durable leaderboard.Level) bool {
	return s.doubt || durable != "" && s.acked > s.durable
}

// pushed takes the answers to events of a session. It does not block.
func (st *standings) pushed(s *session, ps *pushing) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.gone() {
		return // it has left, or will after this
	}
	news := false
	for i, at := range ps.index {
		if e := &ps.events[i]; e.Source != "" && settled(&ps.results[at]) {
			news = st.answeredLocked(s, ps, e, ps.results[at].Status == wire.Applied) || news
		}
	}
	if news {
		st.signal()
	}
}

// settled reports whether an event has been answered for good, so that its seq
// has been taken: an ack, or a refusal that consumed it.
func settled(r *wire.Result) bool {
	if r.Error == nil {
		return true
	}
	switch r.Error.Code {
	case wire.Gap, wire.StaleEpoch, wire.Fenced, wire.IDConflict, wire.UnknownBoard:
		return false
	}
	return !r.Error.Code.Transient()
}

// answeredLocked notes one event and reports whether there is something to ask
// or to tell.
func (st *standings) answeredLocked(s *session, ps *pushing, e *leaderboard.Event, applied bool) bool {
	at := st.trackLocked(s, ps.board, e.Source)
	if at == nil {
		return false
	}
	at.board.moveLocked(ps.head.Epoch)
	if applied && e.Seq <= at.acked { // taken anew: the store had gone back behind it
		at.backLocked(e.Seq - 1)
	}
	at.acked = max(at.acked, e.Seq)
	at.generation = max(at.generation, e.Generation)
	durable := st.hub.cfg.Durable
	if durable != "" && ps.proof.Covers(durable) && e.Seq > at.durable {
		at.durable, at.untold = e.Seq, true
	}
	return at.untold || at.owed(durable)
}

// moveLocked notes the epoch that an answer was of. Of another one nothing that
// was known still holds.
func (b *standingBoard) moveLocked(epoch string) {
	if b.epoch == epoch {
		return
	}
	begun := b.epoch != ""
	b.epoch, b.origin = epoch, ""
	for _, at := range b.sources {
		at.acked, at.seq, at.durable, at.doubt, at.untold = 0, 0, 0, begun, false
	}
	if begun {
		b.soonest, b.wait = time.Time{}, 0
	}
}

// endLocked forgets what was known of a board that was deleted. Its epoch is
// remembered: if the board is made anew, that is another.
func (b *standingBoard) endLocked() {
	b.origin = ""
	for _, at := range b.sources {
		at.acked, at.seq, at.durable, at.doubt, at.untold = 0, 0, 0, false, false
	}
}

// backLocked notes that the store went back to seq.
func (at *standing) backLocked(seq uint64) {
	at.acked, at.seq, at.durable = seq, seq, min(at.durable, seq)
	at.untold = true
}

// found takes the epoch of a board that was read from the store. If its sources
// were acknowledged in another one, the store is asked where they stand, and
// their sessions are told.
func (st *standings) found(board, epoch string) {
	st.hub.journal.found(board, epoch)
	st.mu.Lock()
	defer st.mu.Unlock()
	if b := st.boards[board]; b != nil && b.epoch != epoch {
		b.moveLocked(epoch)
		st.signal()
	}
}

// has reports whether sessions here push sources of the board.
func (st *standings) has(board string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.boards[board] != nil
}

// known is what is known here to be durable of a source, in which epoch.
func (st *standings) known(board, source string) (epoch string, durable uint64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	b := st.boards[board]
	if b == nil || b.sources[source] == nil {
		return "", 0
	}
	return b.epoch, b.sources[source].durable
}

// count is how many sources are held.
func (st *standings) count() int {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.held
}

func (st *standings) signal() { signal(st.wake) }
