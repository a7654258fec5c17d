package leaderboard

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
)

func appendUint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

func appendInt(dst []byte, v int64) []byte { return binary.AppendVarint(dst, v) }

func appendFloat(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendString(dst []byte, s string) []byte {
	return append(appendUint(dst, uint64(len(s))), s...)
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendCells(dst []byte, cells Cells) []byte {
	dst = appendUint(dst, uint64(len(cells)))
	if len(cells) == 0 {
		return dst
	}
	var few [16]string
	keys := few[:0]
	for k := range cells {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		dst = appendString(dst, k)
		dst = appendString(dst, string(cells[k]))
	}
	return dst
}

// reader takes values off the front of b; after the first fault it returns
// zeros and keeps the fault.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n uint64) []byte {
	if r.err != nil || n > uint64(len(r.b)) {
		r.err = errCorrupt
		return nil
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.err = errCorrupt
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.err = errCorrupt
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) float() float64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

func (r *reader) text() string { return string(r.take(r.uint())) }

func (r *reader) bool() bool {
	b := r.take(1)
	return len(b) == 1 && b[0] == 1
}

func (r *reader) cells() Cells {
	n := r.uint()
	if n == 0 || r.err != nil {
		return nil
	}
	cells := make(Cells, min(n, 64))
	for range n {
		k := r.text()
		cells[k] = json.RawMessage(r.text())
		if r.err != nil {
			return nil
		}
	}
	return cells
}

// end is the first fault, or that something was left over.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		return errCorrupt
	}
	return r.err
}
