package leaderboard

import "math"

// rankKey is a member's place in the order of its board: the smaller key is
// the better one. Keys equal in score and tie are level; the bytes of their
// member ids order them.
type rankKey struct {
	score  uint64 // rankBits: the direction of the board is already in it
	tie    int64  // lower is better
	member uint32 // number of the member in the board's memberIDs
}

// levelWith reports whether both share a rank under competition and dense.
func (k rankKey) levelWith(o rankKey) bool { return k.score == o.score && k.tie == o.tie }

const signBit = 1 << 63

// rankBits maps a score to bits whose unsigned order is the board's order, the
// best score lowest. -0 and 0 map to the same bits.
//
// IEEE 754: floats of one sign order as their bits do, negative ones reversed.
func rankBits(score float64, order Order) uint64 {
	bits := math.Float64bits(score + 0) // -0 + 0 is 0
	if bits&signBit != 0 {
		bits = ^bits
	} else {
		bits |= signBit
	}
	if order == Asc {
		return bits
	}
	return ^bits
}
