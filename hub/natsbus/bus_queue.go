package natsbus

import "sync"

// packet is one message on its way, with the place that its subject names.
type packet struct {
	subject string
	place   place
	kind    kind // of what goes out
	data    []byte
}

// queue holds packets between who must not wait and who may have to. Over its
// bounds put refuses.
type queue struct {
	maxLen, maxBytes int // static

	mu     sync.Mutex
	cond   sync.Cond // of mu: not empty, or closed
	items  []packet
	bytes  int
	closed bool
}

func newQueue(maxLen, maxBytes int) *queue {
	q := &queue{maxLen: maxLen, maxBytes: maxBytes}
	q.cond.L = &q.mu
	return q
}

// put adds a packet; why not, if it cannot.
func (q *queue) put(p packet) dropReason {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return dropClosed
	case len(q.items) >= q.maxLen || q.bytes+len(p.data) > q.maxBytes:
		return dropFull
	}
	q.items = append(q.items, p)
	q.bytes += len(p.data)
	q.cond.Signal()
	return ""
}

// take waits for a packet; false when the queue is closed and empty.
func (q *queue) take() (packet, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.cond.Wait()
	}
	if len(q.items) == 0 {
		return packet{}, false
	}
	p := q.items[0]
	q.items[0] = packet{}
	q.items = q.items[1:]
	q.bytes -= len(p.data)
	return p, true
}

// close refuses more; what is there is still taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.cond.Broadcast()
}

// clear drops what is there and returns how much that was.
func (q *queue) clear() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.items)
	q.items, q.bytes = nil, 0
	return n
}

// len is how many packets wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
