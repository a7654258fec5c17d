package fanout

// Take appends to buf what should be written next and returns it: control
// answers first, then states of views in turn with private values. It stops
// after the frame that reaches maxBytes (header and payload), so one frame is
// returned whatever its size, and none only if none is ready. A flood of
// answers does not starve the states, nor the other way round.
func (o *Outbox) Take(buf []Item, maxBytes int) []Item {
	o.mu.Lock()
	defer o.mu.Unlock()
	for used := 0; ; {
		it, ok := o.pickLocked()
		if !ok {
			return buf
		}
		buf = append(buf, it)
		if used += len(it.Frame.buf); used >= maxBytes {
			return buf
		}
	}
}

func (o *Outbox) pickLocked() (Item, bool) {
	if o.closing || o.ahead < controlLead {
		if it, ok := o.nextControlLocked(); ok || o.closing {
			return it, ok
		}
	}
	if it, ok := o.nextStateLocked(); ok {
		o.ahead = max(0, o.ahead-len(it.Frame.buf))
		return it, true
	}
	o.ahead = 0
	return o.nextControlLocked()
}

func (o *Outbox) nextControlLocked() (Item, bool) {
	if f, ok := o.control.pop(); ok {
		o.ahead += len(f.buf)
		return Item{Frame: f}, true
	}
	f := o.last
	o.last = nil
	return Item{Frame: f}, f != nil
}

// nextStateLocked looks at cursors and at slots first by turns.
func (o *Outbox) nextStateLocked() (Item, bool) {
	o.slotsFirst = !o.slotsFirst
	first, second := o.nextCursorLocked, o.nextSlotLocked
	if o.slotsFirst {
		first, second = second, first
	}
	if it, ok := first(); ok {
		return it, true
	}
	return second()
}

// nextCursorLocked goes round the cursors, one frame each. The list may change
// while a snapshot is encoded.
func (o *Outbox) nextCursorLocked() (Item, bool) {
	for left := len(o.cursors); left > 0 && len(o.cursors) > 0; left-- {
		c := o.cursors[o.cursorTurn%len(o.cursors)]
		o.cursorTurn++
		if it, ok := c.nextLocked(); ok {
			return it, true
		}
	}
	return Item{}, false
}

// nextSlotLocked goes round the slots, one frame each.
func (o *Outbox) nextSlotLocked() (Item, bool) {
	for range o.slots {
		s := &o.slots[o.slotTurn%len(o.slots)]
		o.slotTurn++
		if f := s.frame; f != nil && o.control.popped >= s.after {
			s.frame = nil
			return Item{Frame: f}, true
		}
	}
	return Item{}, false
}

// finish lets the answers queued so far go out, then last, then nothing. After
// an overflow only last goes: nobody reads the answers.
func (o *Outbox) finish(last *Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return
	}
	o.closeLocked(last)
	if o.slow {
		o.control.drop()
	}
	o.signal()
}

func (o *Outbox) closeLocked(last *Frame) {
	o.closing, o.last = true, last
	for _, c := range o.cursors {
		c.detachLocked()
	}
	o.cursors, o.slots = nil, nil
}

// ended reports whether everything to send was taken, for good.
func (o *Outbox) ended() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closing && o.last == nil && o.control.len() == 0
}

// bind names who closes the session when the outbox overflows.
func (o *Outbox) bind(onSlow func()) {
	o.mu.Lock()
	o.onSlow = onSlow
	late := o.slow
	o.mu.Unlock()
	if late {
		onSlow()
	}
}
