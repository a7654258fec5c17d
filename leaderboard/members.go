package leaderboard

import (
	"hash/maphash"
	"iter"
)

// idShards splits the hash table, so that it grows in steps of a 64th, while
// readers wait: on the way to a million members the longest add took 14 ms, and
// 247 ms with one table (both on a busy machine).
const idShards = 64

// memberIDs numbers the ids of a board's members. Numbers are dense: that of a
// removed member is given again. 16-byte ids cost about 32 B each. The zero
// value is not usable; see newMemberIDs.
type memberIDs struct {
	seed   maphash.Seed
	shards [idShards]idSlots
	refs   paged[uint32] // by number: where the id stands in the arena
	arena  idArena
	next   uint32   // the lowest number never given
	free   []uint32 // numbers of removed members
}

func newMemberIDs() *memberIDs { return &memberIDs{seed: maphash.MakeSeed()} }

// len counts the members.
func (d *memberIDs) len() int { return int(d.next) - len(d.free) }

// id returns the id of a member that has a number.
func (d *memberIDs) id(member uint32) string { return d.arena.at(d.refs.get(member)) }

// lookup returns the number of an id.
func (d *memberIDs) lookup(id string) (uint32, bool) {
	hash := d.hash(id)
	shard := d.shard(hash)
	for i := range shard.candidates(hash) {
		if member := shard.members[i]; d.id(member) == id {
			return member, true
		}
	}
	return 0, false
}

// add numbers an id that has no number.
func (d *memberIDs) add(id string) uint32 {
	member := d.next
	if last := len(d.free) - 1; last >= 0 {
		member = d.free[last]
		d.free = d.free[:last]
	} else {
		d.next++
	}
	d.keep(member, id)
	hash := d.hash(id)
	shard := d.shard(hash)
	if shard.full() {
		shard.grow(d.hashOf)
	}
	shard.add(hash, member)
	return member
}

// remove forgets a member that has a number.
func (d *memberIDs) remove(member uint32) {
	hash := d.hashOf(member)
	shard := d.shard(hash)
	for i := range shard.candidates(hash) {
		if shard.members[i] == member {
			shard.remove(i, d.hashOf)
			break
		}
	}
	ref := d.refs.get(member)
	d.arena.release(ref)
	d.free = append(d.free, member)
	d.tidy(ref >> idBlockBits)
}

// members yields the number of every member, in no order.
func (d *memberIDs) members() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for s := range d.shards {
			for i, tag := range d.shards[s].tags {
				if tag != 0 && !yield(d.shards[s].members[i]) {
					return
				}
			}
		}
	}
}

// clear forgets all members and frees their memory.
func (d *memberIDs) clear() { *d = memberIDs{seed: d.seed} }

// keep stores the id of a member in the arena.
func (d *memberIDs) keep(member uint32, id string) {
	was := d.arena.current
	d.refs.set(member, d.arena.add(id))
	if was != d.arena.current {
		d.tidy(was)
	}
}

// tidy moves the ids of a sparse block elsewhere and drops it, so that of all
// blocks but the current one at least half is in use.
func (d *memberIDs) tidy(block uint32) {
	if block == d.arena.current || !d.arena.blocks[block].sparse() {
		return
	}
	for ref, id := range d.arena.each(block) {
		if member, ok := d.lookup(id); ok && d.refs.get(member) == ref {
			d.keep(member, id)
		}
	}
	d.arena.drop(block)
}

func (d *memberIDs) hash(id string) uint64       { return maphash.String(d.seed, id) }
func (d *memberIDs) hashOf(member uint32) uint64 { return d.hash(d.id(member)) }
func (d *memberIDs) shard(hash uint64) *idSlots  { return &d.shards[hash>>48%idShards] }
