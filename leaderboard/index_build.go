package leaderboard

import (
	"cmp"
	"slices"
	"strings"
)

// buildFill is how full a chunk of a new index is, so that the first inserts
// find room.
const buildFill = chunkCap * 7 / 8

// newRankIndex returns the index of keys, which it sorts.
func newRankIndex(ids *memberIDs, keys []rankKey) *rankIndex {
	slices.SortFunc(keys, func(a, b rankKey) int {
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		if c := cmp.Compare(a.tie, b.tie); c != 0 {
			return c
		}
		return strings.Compare(ids.id(a.member), ids.id(b.member))
	})
	x := &rankIndex{ids: ids, size: len(keys)}
	var last rankKey
	for part := range slices.Chunk(keys, buildFill) {
		c := new(indexChunk)
		for i, k := range part {
			c.score[i], c.tie[i], c.member[i] = k.score, k.tie, k.member
		}
		starts := c.runStarts(len(part))
		if len(x.chunks) == 0 || !last.levelWith(part[0]) {
			starts++
		}
		last = part[len(part)-1]
		x.firsts.add(len(x.chunks))
		x.firsts.set(len(x.chunks), part[0])
		x.chunks = append(x.chunks, countedChunk{c, chunkCount{keys: int32(len(part)), starts: int32(starts)}})
	}
	x.tree = x.tree.rebuild(x.chunks)
	return x
}
