package fanout

import "slices"

// Cursor is where one session stands in one view. It is all that the session
// costs, however far it is behind.
type Cursor struct {
	view *View   // static
	out  *Outbox // static

	// Guarded by out.mu.
	at       string // state to resume from, until the view has one to compare with
	seq      uint64 // the state that the session holds; 0 = none, or one we do not know
	seen     uint64 // the newest state that was looked at for it
	after    uint64 // control answers that go before its first frame
	detached bool

	index int // in view.subs; guarded by view.subsMu
}

// Attach subscribes a session to the view. With at = the newest state there is
// nothing to send now; with a state in the ring the deltas after it follow;
// else the newest snapshot. From there on the session gets every change, or a
// newer snapshot in place of several, without gap or repeat. Answers sent to
// the outbox before go out before the first frame.
//
// On a closed outbox the cursor is already detached.
func (v *View) Attach(out *Outbox, at string) *Cursor {
	c := &Cursor{view: v, out: out, at: at}
	out.mu.Lock()
	defer out.mu.Unlock()
	if out.closing {
		c.detached = true
		return c
	}
	c.after = out.control.pushed
	out.cursors = append(out.cursors, c)
	v.add(c) // before resume: a state published in between is then seen by one of the two
	c.resumeLocked()
	if c.pendingLocked() {
		out.signal()
	}
	return c
}

// Detach ends the subscription: no frame of it is taken from the outbox after
// this. Detaching twice is one.
func (c *Cursor) Detach() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.detached {
		return
	}
	c.out.cursors = slices.DeleteFunc(c.out.cursors, func(o *Cursor) bool { return o == c })
	c.detachLocked()
}

func (c *Cursor) detachLocked() {
	c.detached = true
	c.view.remove(c)
}

// resumeLocked finds the state to resume from, once the view has any.
func (c *Cursor) resumeLocked() {
	if c.at == "" {
		return
	}
	seq, known := c.view.find(c.at)
	if known {
		c.seq, c.seen, c.at = seq, seq, ""
	}
}

func (c *Cursor) pendingLocked() bool { return c.view.head.Load() > c.seen }

// nextLocked returns the frame that leads the session on, if there is one now.
// It gives up the outbox's lock while a snapshot is encoded.
func (c *Cursor) nextLocked() (Item, bool) {
	if !c.pendingLocked() || c.out.control.popped < c.after {
		return Item{}, false
	}
	c.resumeLocked()
	if !c.pendingLocked() {
		return Item{}, false
	}
	if d, ok := c.view.follow(c.seq); ok {
		c.seq++
		c.seen = c.seq
		return Item{Frame: d.frame, View: c.view, At: d.at}, true
	}
	f, at, seq := c.snapshotUnlocked()
	if c.detached {
		return Item{}, false
	}
	held := c.seq
	c.seq, c.seen = seq, seq
	if f == nil {
		c.seq = 0
		return Item{}, false
	}
	return Item{Frame: f, View: c.view, At: at, Conflated: held > 0 && seq-held > 1}, true
}

// snapshotUnlocked lets go of the outbox while foreign code encodes: answers
// can be queued meanwhile, and no lock of the publisher can meet ours.
func (c *Cursor) snapshotUnlocked() (*Frame, string, uint64) {
	c.out.mu.Unlock()
	defer c.out.mu.Lock()
	return c.view.snapshot()
}
