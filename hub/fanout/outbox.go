package fanout

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Errors of Send, Latest and Next.
var (
	// ErrSlow means that the session does not drain its answers. It stays: the
	// session is being closed.
	ErrSlow = errors.New("fanout: the session does not read its answers")
	// ErrClosed means that the session takes nothing more.
	ErrClosed = errors.New("fanout: the session is closed")
)

// controlLead is how many bytes of control answers go before a state that
// waits too; from there on they take turns byte for byte.
const controlLead = 8 << 10

// Limits bound what an Outbox holds. A zero field is its default.
type Limits struct {
	ControlBytes  int // of answers, headers included; default 1 MiB: far above any answer to 64 events
	ControlFrames int // answers; default 1,024
	Slots         int // keys of private values; default 256, above any sensible number of subscriptions
}

func (l Limits) withDefaults() Limits {
	if l.ControlBytes <= 0 {
		l.ControlBytes = 1 << 20
	}
	if l.ControlFrames <= 0 {
		l.ControlFrames = 1024
	}
	if l.Slots <= 0 {
		l.Slots = 256
	}
	return l
}

// Item is one frame that should be written next. View and At are set on frames
// of a view: At names the state that the session holds after it. Conflated
// marks a snapshot that stands for two or more states.
type Item struct {
	Frame     *Frame
	View      *View
	At        string
	Conflated bool
}

// Outbox is what one session has to send: ordered control answers, cursors in
// views, and private latest values. Everything may be put in from any
// goroutine; one goroutine at a time takes out (Take, Next).
type Outbox struct {
	limits Limits        // static
	wake   chan struct{} // static

	mu      sync.Mutex
	control lane
	cursors []*Cursor
	slots   []slot
	onSlow  func() // what closes the session when it overflows
	last    *Frame // closing: what goes after the answers; nil once taken
	ahead   int    // bytes of control taken that states have not had since

	// Whose turn it is: cursors or slots, and which of them.
	slotsFirst bool
	cursorTurn int
	slotTurn   int

	slow    bool // a bound was passed
	closing bool // nothing more is taken in
}

// slot is a private latest value.
type slot struct {
	key   string
	frame *Frame // unsent; nil = none
	after uint64 // control answers that go before its first frame
}

// NewOutbox returns an empty outbox.
func NewOutbox(limits Limits) *Outbox {
	return &Outbox{limits: limits.withDefaults(), wake: make(chan struct{}, 1)}
}

// Wake has a value after something became ready. It is for the one goroutine
// that takes; the outbox of a Conn is its Conn's.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

func (o *Outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Send queues a control answer behind those before it. A full lane is ErrSlow
// and ends the session; a frame larger than the bound is taken if it is alone.
func (o *Outbox) Send(f *Frame) error {
	return o.put(func() bool {
		n := o.control.len()
		if n >= o.limits.ControlFrames || n > 0 && o.control.bytes+len(f.buf) > o.limits.ControlBytes {
			return false
		}
		o.control.push(f)
		return true
	})
}

// Latest offers a private value under a key, in place of an unsent one of the
// same key. Answers sent before the first value of a key go out before it.
// More keys than Limits.Slots is ErrSlow and ends the session.
func (o *Outbox) Latest(key string, f *Frame) error {
	return o.put(func() bool {
		if i := o.slotLocked(key); i >= 0 {
			o.slots[i].frame = f
			return true
		}
		if len(o.slots) >= o.limits.Slots {
			return false
		}
		o.slots = append(o.slots, slot{key, f, o.control.pushed})
		return true
	})
}

// Forget drops a key with its unsent value.
func (o *Outbox) Forget(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := o.slotLocked(key); i >= 0 {
		o.slots = slices.Delete(o.slots, i, i+1)
	}
}

func (o *Outbox) slotLocked(key string) int {
	return slices.IndexFunc(o.slots, func(s slot) bool { return s.key == key })
}

// put runs add under the lock; what add refuses ends the session.
func (o *Outbox) put(add func() bool) error {
	o.mu.Lock()
	onSlow, err := o.putLocked(add)
	o.mu.Unlock()
	o.signal()
	if onSlow != nil {
		onSlow()
	}
	return err
}

func (o *Outbox) putLocked(add func() bool) (onSlow func(), err error) {
	switch {
	case o.slow:
		return nil, ErrSlow
	case o.closing:
		return nil, ErrClosed
	case add():
		return nil, nil
	}
	o.slow = true
	return o.onSlow, ErrSlow
}

// Close drops what waits, detaches every cursor and refuses what comes.
func (o *Outbox) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closeLocked(nil)
	o.control.drop()
	o.signal()
}

// Next waits for the next frame: the pull side for a transport without a Conn.
// It returns ErrSlow or ErrClosed when the outbox ended, or the error of ctx.
func (o *Outbox) Next(ctx context.Context) (Item, error) {
	for {
		if it, ok, err := o.one(); ok || err != nil {
			return it, err
		}
		select {
		case <-o.wake:
		case <-ctx.Done():
			return Item{}, ctx.Err()
		}
	}
}

func (o *Outbox) one() (Item, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.slow {
		return Item{}, false, ErrSlow
	}
	it, ok := o.pickLocked()
	if !ok && o.closing {
		return it, false, ErrClosed
	}
	return it, ok, nil
}
