package leaderboard

// rankIndex keeps the keys of a board in their order: sorted chunks, the first
// key of each chunk for binary search, and a Fenwick tree of chunk counts that
// turns a chunk into a rank. With n keys in n/chunkCap chunks:
//
//   - insert and delete: O(log n + chunkCap), and O(n/chunkCap) when a chunk
//     comes or goes. That is rare, but one key that comes and goes behind a
//     full chunk pays it each time;
//   - ahead, position and seek: O(log n);
//   - distinctAhead: O(log n + chunkCap).
//
// Only keys that are level with others cost a look at member ids. Not safe for
// concurrent writes; reads change nothing.
type rankIndex struct {
	ids    *memberIDs
	size   int
	firsts chunkFirsts
	chunks []countedChunk // in order; none is empty between calls
	tree   fenwick        // of their counts
}

// insert adds a key whose member is not in the index.
func (x *rankIndex) insert(k rankKey) {
	if len(x.chunks) == 0 {
		x.addChunk(0)
	}
	ci := x.firsts.chunkFor(k, x.ids)
	pos := x.gapIn(ci, k)
	if x.chunks[ci].keys == chunkCap {
		ci, pos = x.makeRoom(ci, pos)
	}
	n := int(x.chunks[ci].keys)
	here, after := x.startsAround(ci, pos, pos, k)
	x.chunks[ci].insert(pos, n, k)
	if pos == 0 {
		x.firsts.set(ci, k)
	}
	x.size++
	if pos < n {
		x.count(ci, 1, here+after)
		return
	}
	x.count(ci, 1, here)
	x.countStarts(ci+1, after)
}

// delete removes a key and reports whether it was there.
func (x *rankIndex) delete(k rankKey) bool {
	ci, pos, ok := x.find(k)
	if !ok {
		return false
	}
	c, n := x.chunks[ci], int(x.chunks[ci].keys)
	here, after := x.startsAround(ci, pos, pos+1, k)
	c.remove(pos, n)
	x.size--
	if pos < n-1 {
		x.count(ci, -1, -here-after)
	} else {
		x.count(ci, -1, -here)
		x.countStarts(ci+1, -after)
	}
	if n == 1 {
		x.dropChunk(ci)
		return true
	}
	if pos == 0 {
		x.firsts.set(ci, c.key(0))
	}
	x.mergeIfSparse(ci)
	return true
}

// startsAround tells how k between the keys before prev and from next of chunk
// ci changes the number of runs: here is 1 if k starts one, after is the change
// at the key that follows, -1 if that one starts a run only without k. It is
// the first key of the next chunk if next is at the end of this one.
func (x *rankIndex) startsAround(ci, prev, next int, k rankKey) (here, after int32) {
	p, hasPrev := x.keyBefore(ci, prev)
	q, hasNext := x.keyFrom(ci, next)
	if !hasPrev || !p.levelWith(k) {
		here = 1
	}
	if !hasNext {
		return here, 0
	}
	if !q.levelWith(k) {
		after = 1
	}
	if !hasPrev || !q.levelWith(p) {
		after--
	}
	return here, after
}

// keyBefore returns the key before a position, which may be in the chunk
// before.
func (x *rankIndex) keyBefore(ci, pos int) (rankKey, bool) {
	if pos > 0 {
		return x.chunks[ci].key(pos - 1), true
	}
	if ci == 0 {
		return rankKey{}, false
	}
	return x.chunks[ci-1].key(int(x.chunks[ci-1].keys) - 1), true
}

// keyFrom returns the key at a position, or if the chunk ends there the first
// of the next.
func (x *rankIndex) keyFrom(ci, pos int) (rankKey, bool) {
	if pos < int(x.chunks[ci].keys) {
		return x.chunks[ci].key(pos), true
	}
	if ci+1 == len(x.chunks) {
		return rankKey{}, false
	}
	return x.firsts.key(ci + 1), true
}

func (x *rankIndex) count(ci int, keys, starts int32) {
	x.chunks[ci].keys += keys
	x.chunks[ci].starts += starts
	x.tree.add(ci, keys, starts)
}

func (x *rankIndex) countStarts(ci int, starts int32) {
	if starts != 0 {
		x.count(ci, 0, starts)
	}
}
