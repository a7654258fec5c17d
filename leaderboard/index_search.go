package leaderboard

// gapIn returns the position in chunk ci at which an absent key belongs.
func (x *rankIndex) gapIn(ci int, k rankKey) int {
	lo, hi := x.levelIn(ci, k)
	if lo == hi {
		return lo
	}
	c, id := x.chunks[ci], x.ids.id(k.member)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if x.ids.id(c.member[mid]) < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// find returns where a key stands. Among level keys it compares numbers in
// memory order, which costs less than the cache misses of comparing ids.
func (x *rankIndex) find(k rankKey) (ci, pos int, ok bool) {
	if x.size == 0 {
		return 0, 0, false
	}
	ci = x.firsts.chunkFor(k, x.ids)
	lo, hi := x.levelIn(ci, k)
	for i, member := range x.chunks[ci].member[lo:hi] {
		if member == k.member {
			return ci, lo + i, true
		}
	}
	return ci, lo, false
}

// levelIn returns the positions [lo, hi) of chunk ci that are level with k.
func (x *rankIndex) levelIn(ci int, k rankKey) (lo, hi int) {
	c := x.chunks[ci]
	lo = c.lower(k.score, k.tie)
	return lo, c.upper(lo, k.score, k.tie)
}
