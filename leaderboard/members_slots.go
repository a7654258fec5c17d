package leaderboard

// idSlots is one shard of the hash table from ids to member numbers: linear
// probing over one byte of hash per slot, a power of two of slots, no
// tombstones. Its owner hashes, and compares ids.
type idSlots struct {
	tags    []uint8 // 0 = free, else the top bit and 7 bits of the hash
	members []uint32
	used    int
}

const slotsMin = 8

func slotTag(hash uint64) uint8 { return uint8(hash>>56) | 0x80 }

// candidates yields the slots of ids with this hash, and perhaps of others.
func (s *idSlots) candidates(hash uint64) func(yield func(slot int) bool) {
	return func(yield func(int) bool) {
		if s.used == 0 {
			return
		}
		mask, tag := len(s.tags)-1, slotTag(hash)
		for i := int(hash) & mask; s.tags[i] != 0; i = (i + 1) & mask {
			if s.tags[i] == tag && !yield(i) {
				return
			}
		}
	}
}

// add takes a slot for a member. The slots must not be full.
func (s *idSlots) add(hash uint64, member uint32) {
	mask := len(s.tags) - 1
	i := int(hash) & mask
	for s.tags[i] != 0 {
		i = (i + 1) & mask
	}
	s.tags[i], s.members[i] = slotTag(hash), member
	s.used++
}

// full reports whether a slot must not be taken before growing: probing gets
// long over 7/8.
func (s *idSlots) full() bool { return (s.used+1)*8 > len(s.tags)*7 }

// grow doubles the slots. hash returns the hash of a member's id.
func (s *idSlots) grow(hash func(member uint32) uint64) {
	old := *s
	size := max(2*len(old.tags), slotsMin)
	*s = idSlots{tags: make([]uint8, size), members: make([]uint32, size)}
	for i, tag := range old.tags {
		if tag != 0 {
			s.add(hash(old.members[i]), old.members[i])
		}
	}
}

// remove frees a slot and moves those behind it up, so that every id stays
// reachable from its home slot without a gap (Knuth, TAOCP 3, 6.4, algorithm R).
func (s *idSlots) remove(slot int, hash func(member uint32) uint64) {
	mask := len(s.tags) - 1
	for i := (slot + 1) & mask; s.tags[i] != 0; i = (i + 1) & mask {
		home := int(hash(s.members[i])) & mask
		if (i-home)&mask >= (i-slot)&mask {
			s.tags[slot], s.members[slot] = s.tags[i], s.members[i]
			slot = i
		}
	}
	s.tags[slot] = 0
	s.used--
}
