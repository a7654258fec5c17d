package fanout

import "slices"

// Bounds of a view's ring: 32 deltas are 3 s at 10 Hz, and a session that is
// further behind is better served by a snapshot.
const (
	ringFrames = 32
	ringBytes  = 256 << 10
)

// ring is an unbroken chain of deltas that ends at a view's newest state.
type ring struct {
	from   string // the state before the oldest delta
	deltas []delta
	bytes  int
}

type delta struct {
	frame *Frame
	at    string // the state it leads to
}

// reset empties the chain: from now on it starts at the given state.
func (r *ring) reset(at string) {
	clear(r.deltas)
	r.from, r.deltas, r.bytes = at, r.deltas[:0], 0
}

// push appends a delta and drops the oldest beyond the bounds. The newest
// stays whatever its size: every session that is up to date needs it.
func (r *ring) push(f *Frame, at string) {
	r.deltas = append(r.deltas, delta{f, at})
	r.bytes += len(f.buf)
	drop := 0
	for kept := len(r.deltas); kept > 1 && (kept > ringFrames || r.bytes > ringBytes); kept-- {
		r.bytes -= len(r.deltas[drop].frame.buf)
		drop++
	}
	if drop > 0 {
		r.from = r.deltas[drop-1].at
		r.deltas = slices.Delete(r.deltas, 0, drop)
	}
}

// behind tells how many deltas follow the newest state of that name; false if
// the ring does not reach back to it.
func (r *ring) behind(at string) (int, bool) {
	for i := len(r.deltas) - 1; i >= 0; i-- {
		if r.deltas[i].at == at {
			return len(r.deltas) - 1 - i, true
		}
	}
	return len(r.deltas), r.from == at
}

// last returns the newest n deltas, oldest first; false if it holds fewer.
func (r *ring) last(n uint64) ([]delta, bool) {
	if n > uint64(len(r.deltas)) {
		return nil, false
	}
	return r.deltas[len(r.deltas)-int(n):], true
}

func totalBytes(deltas []delta) int {
	n := 0
	for _, d := range deltas {
		n += len(d.frame.buf)
	}
	return n
}
