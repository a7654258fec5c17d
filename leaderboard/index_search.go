package leaderboard

// chunkFor returns the chunk whose range holds the key: the last one that
// begins at or before it, the first if none does.
func (x *rankIndex) chunkFor(k rankKey) int {
	lo := x.chunksAhead(k.score, k.tie)
	hi := x.chunksNotBehind(lo, k.score, k.tie)
	if lo == hi {
		return max(lo-1, 0)
	}
	id := x.ids.id(k.member)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if x.ids.id(x.firsts[mid].member) <= id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return max(lo-1, 0)
}

// chunksAhead counts the chunks whose first key is ahead of (score, tie).
func (x *rankIndex) chunksAhead(score uint64, tie int64) int {
	lo, hi := 0, len(x.firsts)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if x.firsts[mid].aheadOf(score, tie) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// chunksNotBehind counts the chunks whose first key is ahead of (score, tie)
// or level with it; lo of them are known to be ahead.
func (x *rankIndex) chunksNotBehind(lo int, score uint64, tie int64) int {
	if lo == len(x.firsts) || x.firsts[lo].behind(score, tie) {
		return lo
	}
	hi := len(x.firsts)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if !x.firsts[mid].behind(score, tie) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

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
	ci = x.chunkFor(k)
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
	c, n := x.chunks[ci], int(x.counts[ci].keys)
	lo = c.lower(n, k.score, k.tie)
	if lo == n || c.score[lo] != k.score || c.tie[lo] != k.tie {
		return lo, lo
	}
	return lo, c.upper(lo, n, k.score, k.tie)
}
