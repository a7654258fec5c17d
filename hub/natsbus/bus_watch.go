package natsbus

import (
	"cmp"
	"sync"
	"time"

	"rollcall/presence"
	"rollcall/wire"

	"github.com/nats-io/nats.go"
)

// retryPause is between attempts to have subscriptions confirmed.
const retryPause = 100 * time.Millisecond

// watches counts who watches which subject, and notes what changed.
type watches struct {
	wake chan struct{} // something changed; one token

	mu      sync.Mutex
	users   map[string]int
	changed map[string]bool // by subject; true = watched anew, so it may have missed something
	renewed bool            // the connection is new
}

func newWatches() *watches {
	return &watches{wake: make(chan struct{}, 1), users: map[string]int{}, changed: map[string]bool{}}
}

// add counts one more user of the subject, until stop.
func (w *watches) add(subject string) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[subject]++
	if w.users[subject] == 1 {
		w.changed[subject] = true
		notify(w.wake)
	}
	return sync.OnceFunc(func() { w.remove(subject) })
}

func (w *watches) remove(subject string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[subject]--
	if w.users[subject] == 0 {
		delete(w.users, subject)
		w.changed[subject] = false
		notify(w.wake)
	}
}

// renew notes that the connection is new.
func (w *watches) renew() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renewed = true
	notify(w.wake)
}

func (w *watches) watched(subject string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.users[subject] > 0
}

// take returns what changed since the last take: the subjects that are watched
// anew and those that nobody watches.
func (w *watches) take() (begun, ended []string, renewed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for subject, anew := range w.changed {
		if anew {
			begun = append(begun, subject)
		} else {
			ended = append(ended, subject)
		}
	}
	renewed, w.renewed = w.renewed, false
	clear(w.changed)
	return begun, ended, renewed
}

func notify(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default: // it is awake
	}
}

// WatchBoard makes the listener hear of the board until stop is called. When
// the server has confirmed it, Doubt(board) tells that now is the time to look
// up what was missed. A server further off in the cluster may learn some
// milliseconds later; that is left to the poll of heads.
func (b *Bus) WatchBoard(board string) (stop func()) {
	if wire.CheckName("board", board) != nil {
		return func() {}
	}
	return b.watches.add(b.subjects.board(board))
}

// WatchRoom makes the listener hear of the room's partition until stop is
// called. Only the first watch of one of 64 partitions is followed by Doubt():
// the more rooms a node watches the rarer that is, and several are one Doubt.
func (b *Bus) WatchRoom(room string) (stop func()) {
	if wire.CheckName("room", room) != nil {
		return func() {}
	}
	return b.watches.add(b.subjects.room(presence.Partition(room)))
}

// sync keeps the subscriptions as the watches ask.
func (b *Bus) sync() {
	for {
		var retry <-chan time.Time
		if !b.step() {
			retry = time.After(retryPause)
		}
		select {
		case <-b.watches.wake:
		case <-retry:
		case <-b.stopSync:
			return
		}
	}
}

// step does what changed, then has it confirmed once for all; false if that
// has to be tried again.
func (b *Bus) step() (done bool) {
	begun, ended, renewed := b.watches.take()
	for _, subject := range ended {
		b.unsubscribe(subject)
	}
	for _, subject := range begun {
		b.subscribe(subject)
	}
	b.counts.subscriptions.Store(uint64(len(b.subs)))
	if renewed {
		b.unproven[""] = true
	}
	if len(b.unproven) == 0 {
		return true
	}
	if !b.conn.IsConnected() {
		b.states.warn("bus not connected, trying on", "err", cmp.Or(b.conn.LastError(), nats.ErrNoServers))
		return false
	}
	if b.conn.FlushTimeout(flushTimeout) != nil {
		return false
	}
	for subject := range b.unproven {
		b.proven(subject)
	}
	clear(b.unproven)
	return true
}

func (b *Bus) subscribe(subject string) {
	b.unproven[subject] = true
	if b.subs[subject] != nil {
		return
	}
	sub, err := b.conn.ChanSubscribe(subject, b.arrived)
	if err != nil { // the connection is closed
		b.logs.warn("bus subscription", "subject", subject, "err", err)
		return
	}
	b.subs[subject] = sub
}

func (b *Bus) unsubscribe(subject string) {
	delete(b.unproven, subject)
	sub := b.subs[subject]
	if sub == nil {
		return
	}
	delete(b.subs, subject)
	if err := sub.Unsubscribe(); err != nil {
		b.logs.warn("bus subscription", "subject", subject, "err", err)
	}
}

// proven doubts what the subject may have missed until now; "" is a new
// connection.
func (b *Bus) proven(subject string) {
	switch p := b.subjects.parse(subject); {
	case p.board != "":
		b.doubts.board(p.board)
	case p.node: // every node tells again soon
	default:
		b.doubts.all()
	}
}
