package leaderboard

import "slices"

const (
	shareMax = chunkCap * 7 / 8   // a neighbour up to this full takes keys of a full chunk
	mergeMax = chunkCap * 31 / 32 // two neighbours of so many keys together become one chunk
)

// makeRoom frees a place for a key that belongs at pos of the full chunk ci,
// and returns where it belongs now. A key behind the whole chunk begins the
// next one, so that inserts in order leave full chunks behind, wherever they
// are. Else a neighbour takes some of the keys, and only between full
// neighbours a chunk is split.
func (x *rankIndex) makeRoom(ci, pos int) (int, int) {
	switch {
	case pos == chunkCap:
		if ci+1 == len(x.chunks) || x.chunks[ci+1].keys == chunkCap {
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
		pos += int(x.chunks[left].keys)
	}
	x.share(left)
	if n := int(x.chunks[left].keys); pos > n {
		return left + 1, pos - n
	}
	return left, pos
}

// roomiest returns the left one of the pair that chunk ci and its emptier
// neighbour make, -1 if no neighbour has room.
func (x *rankIndex) roomiest(ci int) int {
	left, fewest := -1, int32(shareMax+1)
	if ci > 0 && x.chunks[ci-1].keys < fewest {
		left, fewest = ci-1, x.chunks[ci-1].keys
	}
	if ci+1 < len(x.chunks) && x.chunks[ci+1].keys < fewest {
		left = ci
	}
	return left
}

// share evens out chunk left and the next, one of which may be empty.
func (x *rankIndex) share(left int) {
	a, b := x.chunks[left], x.chunks[left+1]
	was, next := a.chunkCount, b.chunkCount
	na, nb := int(was.keys), int(next.keys)
	half := (na + nb) / 2
	if moved := na - half; moved > 0 {
		b.move(b.indexChunk, moved, 0, nb)
		b.move(a.indexChunk, 0, half, moved)
	} else {
		a.move(b.indexChunk, na, 0, -moved)
		b.move(b.indexChunk, 0, -moved, nb+moved)
	}
	x.firsts.set(left, a.key(0))
	x.firsts.set(left+1, b.key(0))
	starts := int32(a.runStarts(half))
	if last, ok := x.keyBefore(left, 0); !ok || !last.levelWith(x.firsts.key(left)) {
		starts++
	}
	keys, starts := int32(half)-was.keys, starts-was.starts
	x.count(left, keys, starts)
	x.count(left+1, -keys, -starts)
}

// mergeIfSparse joins chunk ci with its emptier neighbour if one chunk holds
// both with room to spare.
func (x *rankIndex) mergeIfSparse(ci int) {
	if x.chunks[ci].keys > mergeMax/2 {
		return
	}
	left := x.roomiest(ci)
	if left < 0 {
		return
	}
	n, more := x.chunks[left].keys, x.chunks[left+1]
	if n+more.keys > mergeMax {
		return
	}
	x.chunks[left].move(more.indexChunk, int(n), 0, int(more.keys))
	x.chunks[left].keys += more.keys
	x.chunks[left].starts += more.starts
	x.dropChunk(left + 1)
}

// addChunk makes an empty chunk the ci-th one.
func (x *rankIndex) addChunk(ci int) {
	x.firsts.add(ci)
	x.chunks = slices.Insert(x.chunks, ci, countedChunk{indexChunk: new(indexChunk)})
	x.tree = x.tree.rebuild(x.chunks)
}

// dropChunk forgets a chunk; its keys are elsewhere or gone.
func (x *rankIndex) dropChunk(ci int) {
	x.firsts.drop(ci)
	x.chunks = slices.Delete(x.chunks, ci, ci+1)
	x.tree = x.tree.rebuild(x.chunks)
}
