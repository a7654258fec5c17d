package leaderboard

import "slices"

// chunkFirsts is the directory of an index: the first key of each chunk, field
// by field so that a search by score reads scores only.
type chunkFirsts struct {
	scores  []uint64
	ties    []int64
	members []uint32
}

// add makes room for chunk ci.
func (f *chunkFirsts) add(ci int) {
	f.scores = slices.Insert(f.scores, ci, 0)
	f.ties = slices.Insert(f.ties, ci, 0)
	f.members = slices.Insert(f.members, ci, 0)
}

// drop forgets chunk ci.
func (f *chunkFirsts) drop(ci int) {
	f.scores = slices.Delete(f.scores, ci, ci+1)
	f.ties = slices.Delete(f.ties, ci, ci+1)
	f.members = slices.Delete(f.members, ci, ci+1)
}

// key returns the first key of chunk ci.
func (f *chunkFirsts) key(ci int) rankKey {
	return rankKey{score: f.scores[ci], tie: f.ties[ci], member: f.members[ci]}
}

// set says that chunk ci begins with k.
func (f *chunkFirsts) set(ci int, k rankKey) {
	f.scores[ci], f.ties[ci], f.members[ci] = k.score, k.tie, k.member
}

// chunkFor returns the chunk whose range holds a key: the last one that begins
// at or before it, the first if none does.
func (f *chunkFirsts) chunkFor(k rankKey, ids *memberIDs) int {
	lo := f.ahead(k.score, k.tie)
	hi := f.notBehind(lo, k)
	if lo == hi {
		return max(lo-1, 0)
	}
	id := ids.id(k.member)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if ids.id(f.members[mid]) <= id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return max(lo-1, 0)
}

// ahead counts the chunks whose first key is ahead of (score, tie).
func (f *chunkFirsts) ahead(score uint64, tie int64) int {
	lo, hi := 0, len(f.scores)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if s := f.scores[mid]; s < score || s == score && f.ties[mid] < tie {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// notBehind counts the chunks whose first key is ahead of k or level with it;
// lo of them are known to be ahead.
func (f *chunkFirsts) notBehind(lo int, k rankKey) int {
	if lo == len(f.scores) || !f.key(lo).levelWith(k) {
		return lo
	}
	hi := len(f.scores)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if f.key(mid).levelWith(k) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
