package leaderboard

import "slices"

const (
	shareMax = chunkCap * 7 / 8   // a neighbour up to this full takes keys of a full chunk
	mergeMax = chunkCap * 15 / 16 // two neighbours of so many keys together become one chunk
)

// makeRoom frees a place for a key that belongs at pos of the full chunk ci,
// and returns where it belongs now. A key behind the whole chunk begins the
// next one, so that inserts in order leave full chunks behind, wherever they
// are. Else a neighbour takes some of the keys, and only between full
// neighbours a chunk is split.
func (x *rankIndex) makeRoom(ci, pos int) (int, int) {
	switch {
	case pos == chunkCap:
		if ci+1 == len(x.chunks) || x.counts[ci+1].keys == chunkCap {
			x.addChunk(ci + 1)
		}
		return ci + 1, 0
	case ci == 0 && pos == 0:
		x.addChunk(0)
		return 0, 0
	}
	left := x.roomiest(ci)
	if left < 0 {
		x.addChunk(ci + 1)
		left = ci
	}
	if left < ci {
		pos += int(x.counts[left].keys)
	}
	x.share(left)
	if n := int(x.counts[left].keys); pos > n {
		return left + 1, pos - n
	}
	return left, pos
}

// roomiest returns the left one of the pair that chunk ci and its emptier
// neighbour make, -1 if no neighbour has room.
func (x *rankIndex) roomiest(ci int) int {
	left, fewest := -1, int32(shareMax+1)
	if ci > 0 && x.counts[ci-1].keys < fewest {
		left, fewest = ci-1, x.counts[ci-1].keys
	}
	if ci+1 < len(x.chunks) && x.counts[ci+1].keys < fewest {
		left = ci
	}
	return left
}

// share evens out chunk left and the next, one of which may be empty.
func (x *rankIndex) share(left int) {
	a, b := x.chunks[left], x.chunks[left+1]
	was, next := x.counts[left], x.counts[left+1]
	na, nb := int(was.keys), int(next.keys)
	half := (na + nb) / 2
	if moved := na - half; moved > 0 {
		b.move(b, moved, 0, nb)
		b.move(a, 0, half, moved)
	} else {
		a.move(b, na, 0, -moved)
		b.move(b, 0, -moved, nb+moved)
	}
	x.firsts[left], x.firsts[left+1] = a.key(0), b.key(0)
	starts := int32(a.starts(half))
	if last, ok := x.keyBefore(left, 0); !ok || !last.levelWith(x.firsts[left]) {
		starts++
	}
	keys, starts := int32(half)-was.keys, starts-was.starts
	x.count(left, keys, starts)
	x.count(left+1, -keys, -starts)
}

// mergeIfSparse joins chunk ci with its emptier neighbour if one chunk holds
// both with room to spare.
func (x *rankIndex) mergeIfSparse(ci int) {
	if x.counts[ci].keys > mergeMax/2 {
		return
	}
	left := x.roomiest(ci)
	if left < 0 {
		return
	}
	n, more := x.counts[left].keys, x.counts[left+1]
	if n+more.keys > mergeMax {
		return
	}
	x.chunks[left].move(x.chunks[left+1], int(n), 0, int(more.keys))
	x.counts[left].keys += more.keys
	x.counts[left].starts += more.starts
	x.dropChunk(left + 1)
}

// addChunk makes an empty chunk the ci-th one.
func (x *rankIndex) addChunk(ci int) {
	x.firsts = slices.Insert(x.firsts, ci, rankKey{})
	x.counts = slices.Insert(x.counts, ci, chunkCount{})
	x.chunks = slices.Insert(x.chunks, ci, new(indexChunk))
	x.tree = x.tree.rebuild(x.counts)
}

// dropChunk forgets a chunk; its keys are elsewhere or gone.
func (x *rankIndex) dropChunk(ci int) {
	x.firsts = slices.Delete(x.firsts, ci, ci+1)
	x.counts = slices.Delete(x.counts, ci, ci+1)
	x.chunks = slices.Delete(x.chunks, ci, ci+1)
	x.tree = x.tree.rebuild(x.counts)
}
