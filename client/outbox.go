package client

// outbox holds the events of a source from the time they have their number
// until the server says that they are durable, so that they can be sent again
// after it has forgotten them. Above its bounds the oldest that the server has
// are dropped; those it has not, never. Guarded by Source.mu.
type outbox struct {
	maxEvents, maxBytes int // static

	bodies [][]byte // JSON without identity; held from head on, by seq
	head   int
	first  uint64 // the seq of the oldest held; one after the last given if none is
	bytes  int    // of what is held

	settled uint64 // the server has everything up to here, as far as is known
	durable uint64 // and it said that it will keep everything up to here
	known   bool   // it ever spoke of durable
	dropped uint64 // events dropped for the bounds
}

// newOutbox is empty after the seq that the source has on the server.
func newOutbox(cfg sourceConfig, seq uint64) outbox {
	return outbox{maxEvents: cfg.events, maxBytes: cfg.bytes, first: seq + 1, settled: seq}
}

func (o *outbox) held() int { return len(o.bodies) - o.head }

// last is the last seq given, also if its event is no longer held.
func (o *outbox) last() uint64 { return o.first + uint64(o.held()) - 1 }

// at is the event with a seq that is held.
func (o *outbox) at(seq uint64) []byte { return o.bodies[o.head+int(seq-o.first)] }

// add gives the next seq to an event.
func (o *outbox) add(body []byte) {
	o.bodies = append(o.bodies, body)
	o.bytes += len(body)
	o.trim()
}

// settle notes that the server has an event; one that does not follow on the
// last settled waits for those before it.
func (o *outbox) settle(seq uint64) {
	if seq == o.settled+1 {
		o.settled = seq
		o.trim()
	}
}

// prove notes that events are durable up to a seq.
func (o *outbox) prove(seq uint64) {
	o.known = true
	o.durable = max(o.durable, seq)
	o.trim()
}

// back notes that the server has nothing after a seq; how many events it must
// be given again. Those up to first-1 are gone.
func (o *outbox) back(seq uint64) (forgotten uint64) {
	o.durable = min(o.durable, seq)
	if seq >= o.settled {
		return 0
	}
	forgotten = o.settled - seq
	o.settled = seq
	return forgotten
}

// trim drops what is durable, and what is over the bounds.
func (o *outbox) trim() {
	for o.held() > 0 && o.first <= o.settled {
		if o.first > o.durable {
			if o.held() <= o.maxEvents && o.bytes <= o.maxBytes {
				break
			}
			o.dropped++
		}
		o.bytes -= len(o.bodies[o.head])
		o.bodies[o.head] = nil
		o.head++
		o.first++
	}
	if o.head > 1024 && o.head > len(o.bodies)/2 {
		n := copy(o.bodies, o.bodies[o.head:])
		clear(o.bodies[n:])
		o.bodies, o.head = o.bodies[:n], 0
	}
}
