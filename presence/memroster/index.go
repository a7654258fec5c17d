package memroster

import (
	"slices"
	"sort"
	"strings"
)

// index keeps the members of a room in user-id order, in sorted chunks: an
// insert moves at most a chunk, so 100,000 users in random order cost no more
// than the comparisons.
type index struct {
	chunks [][]*member // none empty
}

const chunkMax = 512

// chunkOf is the chunk that holds the id, or would.
func (x *index) chunkOf(id string) int {
	after := sort.Search(len(x.chunks), func(i int) bool { return x.chunks[i][0].user.id > id })
	return max(after-1, 0)
}

// insert adds a member whose id is not there.
func (x *index) insert(m *member) {
	if len(x.chunks) == 0 {
		x.chunks = [][]*member{{m}}
		return
	}
	c := x.chunkOf(m.user.id)
	at, _ := slices.BinarySearchFunc(x.chunks[c], m.user.id, byID)
	x.chunks[c] = slices.Insert(x.chunks[c], at, m)
	if full := x.chunks[c]; len(full) > chunkMax {
		half := len(full) / 2
		x.chunks = slices.Insert(x.chunks, c+1, slices.Clone(full[half:]))
		clear(full[half:])
		x.chunks[c] = full[:half]
	}
}

// remove drops a member that is there.
func (x *index) remove(m *member) {
	c := x.chunkOf(m.user.id)
	at, _ := slices.BinarySearchFunc(x.chunks[c], m.user.id, byID)
	x.chunks[c] = slices.Delete(x.chunks[c], at, at+1)
	if len(x.chunks[c]) == 0 {
		x.chunks = slices.Delete(x.chunks, c, c+1)
	}
}

// after returns up to limit members with greater ids, and whether more follow.
func (x *index) after(id string, limit int) (found []*member, more bool) {
	if len(x.chunks) == 0 {
		return nil, false
	}
	c := x.chunkOf(id)
	at, here := slices.BinarySearchFunc(x.chunks[c], id, byID)
	if here {
		at++
	}
	for ; c < len(x.chunks); c, at = c+1, 0 {
		rest := x.chunks[c][at:]
		room := limit - len(found)
		if len(rest) > room {
			return append(found, rest[:room]...), true
		}
		found = append(found, rest...)
	}
	return found, false
}

func byID(m *member, id string) int { return strings.Compare(m.user.id, id) }
