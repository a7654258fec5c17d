package leaderboard

import (
	"hash/maphash"
	"iter"
)

// rowShards is how many parts a board's entries are kept in: the first write
// to a part after a snapshot copies that part, 1/1024 of the board.
const rowShards = 1024

// rowTable holds the entries of a board, copy on write: an *Entry is never
// changed once it is in the table, and a part that a snapshot shares is copied
// before it is written.
type rowTable struct {
	seed   maphash.Seed
	n      int
	shards [rowShards]rowShard
}

type rowShard struct {
	rows   map[string]*Entry
	shared bool // a snapshot reads rows
}

func newRowTable() rowTable { return rowTable{seed: maphash.MakeSeed()} }

func (t *rowTable) shard(member string) *rowShard {
	return &t.shards[maphash.String(t.seed, member)%rowShards]
}

func (t *rowTable) get(member string) *Entry { return t.shard(member).rows[member] }

func (t *rowTable) put(e *Entry) {
	rows := t.shard(e.Member).own()
	before := len(rows)
	rows[e.Member] = e
	t.n += len(rows) - before
}

func (t *rowTable) remove(member string) {
	rows := t.shard(member).own()
	before := len(rows)
	delete(rows, member)
	t.n += len(rows) - before
}

// set puts the entry, or removes the member if it is nil.
func (t *rowTable) set(member string, e *Entry) {
	if e == nil {
		t.remove(member)
		return
	}
	t.put(e)
}

// own returns the shard's rows, to be written.
func (s *rowShard) own() map[string]*Entry {
	switch {
	case s.rows == nil:
		s.rows = make(map[string]*Entry)
	case s.shared:
		rows := make(map[string]*Entry, len(s.rows)+1)
		for m, e := range s.rows {
			rows[m] = e
		}
		s.rows, s.shared = rows, false
	}
	return s.rows
}

// share returns the entries as they are now, whatever is written later.
func (t *rowTable) share() iter.Seq[Entry] {
	parts := make([]map[string]*Entry, 0, min(t.n, rowShards))
	for i := range t.shards {
		if s := &t.shards[i]; len(s.rows) > 0 {
			s.shared = true
			parts = append(parts, s.rows)
		}
	}
	return func(yield func(Entry) bool) {
		for _, rows := range parts {
			for _, e := range rows {
				if !yield(*e) {
					return
				}
			}
		}
	}
}
