package leaderboard

// chunkCap is how many keys a chunk holds: 134 × 20 bytes fill the runtime's
// size class of 2,688 bytes. More keys move more memory at each update; fewer
// make the directory outgrow the CPU cache.
const chunkCap = 134

// indexChunk holds consecutive keys of a board in their order, field by field
// because a rankKey alone would be padded to 24 bytes. How many are in use is
// the index's to know.
type indexChunk struct {
	score  [chunkCap]uint64
	tie    [chunkCap]int64
	member [chunkCap]uint32
}

// countedChunk is a chunk with its count, which are read together.
type countedChunk struct {
	*indexChunk
	chunkCount
}

func (c *indexChunk) key(pos int) rankKey {
	return rankKey{score: c.score[pos], tie: c.tie[pos], member: c.member[pos]}
}

// lower returns the first position whose key is not ahead of (score, tie), the
// number of keys if there is none.
func (c countedChunk) lower(score uint64, tie int64) int {
	lo, hi := 0, int(c.keys)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if s := c.score[mid]; s < score || s == score && c.tie[mid] < tie {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// upper returns the first position from lo on whose key is not level with
// (score, tie), the number of keys if there is none.
func (c countedChunk) upper(lo int, score uint64, tie int64) int {
	n := int(c.keys)
	for lo < n && c.score[lo] == score && c.tie[lo] == tie {
		lo++
	}
	return lo
}

// runStarts counts the positions of [1, n) whose key is not level with the one
// before.
func (c *indexChunk) runStarts(n int) int {
	count := 0
	for i := 1; i < n; i++ {
		if c.score[i] != c.score[i-1] || c.tie[i] != c.tie[i-1] {
			count++
		}
	}
	return count
}

// insert puts a key at pos of n keys; n is less than chunkCap.
func (c *indexChunk) insert(pos, n int, k rankKey) {
	c.move(c, pos+1, pos, n-pos)
	c.score[pos], c.tie[pos], c.member[pos] = k.score, k.tie, k.member
}

// remove closes the gap at pos of n keys.
func (c *indexChunk) remove(pos, n int) { c.move(c, pos, pos+1, n-pos-1) }

// move copies count keys from position from of src to position to; both may
// be one chunk.
func (c *indexChunk) move(src *indexChunk, to, from, count int) {
	copy(c.score[to:to+count], src.score[from:from+count])
	copy(c.tie[to:to+count], src.tie[from:from+count])
	copy(c.member[to:to+count], src.member[from:from+count])
}
