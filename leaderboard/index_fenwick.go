package leaderboard

import "math/bits"

// chunkCount is what the index adds up over chunks: keys, and starts of runs
// of level keys. A run that goes on from the chunk before does not start here.
type chunkCount struct {
	keys   int32
	starts int32
}

// fenwick sums chunkCounts over prefixes in O(log chunks). Node i, from 1,
// holds the sum of the i&-i chunks that end with chunk i-1.
type fenwick []chunkCount

// add changes the count of one chunk.
func (f fenwick) add(chunk int, keys, starts int32) {
	for i := chunk + 1; i < len(f); i += i & -i {
		f[i].keys += keys
		f[i].starts += starts
	}
}

// before sums the chunks [0, chunk).
func (f fenwick) before(chunk int) (keys, starts int) {
	for i := chunk; i > 0; i &= i - 1 {
		keys += int(f[i].keys)
		starts += int(f[i].starts)
	}
	return keys, starts
}

// seek finds the chunk that holds the key with offset keys before it, and the
// key's position there. The chunk is the number of chunks if there is no such
// key.
func (f fenwick) seek(offset int) (chunk, pos int) {
	for step := 1 << bits.Len(uint(len(f))) >> 1; step > 0; step /= 2 {
		next := chunk + step
		if next < len(f) && int(f[next].keys) <= offset {
			chunk = next
			offset -= int(f[next].keys)
		}
	}
	return chunk, offset
}

// rebuild returns the tree of the counts of chunks in O(chunks), reusing f's memory.
func (f fenwick) rebuild(chunks []countedChunk) fenwick {
	f = append(f[:0], chunkCount{})
	for _, c := range chunks {
		f = append(f, c.chunkCount)
	}
	for i := 1; i < len(f); i++ {
		if up := i + i&-i; up < len(f) {
			f[up].keys += f[i].keys
			f[up].starts += f[i].starts
		}
	}
	return f
}
