package leaderboard

// ahead counts the keys that are better than k in (score, tie).
func (x *rankIndex) ahead(k rankKey) int {
	ci := x.firsts.ahead(k.score, k.tie) - 1
	if ci < 0 {
		return 0
	}
	keys, _ := x.tree.before(ci)
	return keys + x.chunks[ci].lower(k.score, k.tie)
}

// distinctAhead counts the distinct (score, tie) that are better than k's.
func (x *rankIndex) distinctAhead(k rankKey) int {
	ci, pos := x.firstLevel(k)
	if pos == 0 {
		return 0 // only before the first key of all
	}
	_, starts := x.tree.before(ci)
	starts += x.chunks[ci].runStarts(pos)
	if last, ok := x.keyBefore(ci, 0); !ok || !last.levelWith(x.firsts.key(ci)) {
		starts++
	}
	return starts
}

// position counts the keys before k in the total order. k is in the index.
func (x *rankIndex) position(k rankKey) int {
	ci, pos, _ := x.find(k)
	keys, _ := x.tree.before(ci)
	return keys + pos
}

// firstLevel returns where the first key that is not ahead of k stands. pos is
// the end of its chunk if that key begins the next one; it is 0 only if no key
// is ahead.
func (x *rankIndex) firstLevel(k rankKey) (ci, pos int) {
	ci = x.firsts.ahead(k.score, k.tie) - 1
	if ci < 0 {
		return 0, 0
	}
	return ci, x.chunks[ci].lower(k.score, k.tie)
}

// from yields the keys after the first offset ones, in order.
func (x *rankIndex) from(offset int) func(yield func(rankKey) bool) {
	return func(yield func(rankKey) bool) {
		ci, pos := x.tree.seek(offset)
		for ; ci < len(x.chunks); ci, pos = ci+1, 0 {
			c := x.chunks[ci]
			for ; pos < int(x.chunks[ci].keys); pos++ {
				if !yield(c.key(pos)) {
					return
				}
			}
		}
	}
}
