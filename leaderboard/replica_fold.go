package leaderboard

// apply folds a delta that follows the reader's head.
func (r *Reader) apply(d Delta) {
	if d.Rules != nil {
		r.setRules(d.Rules.WithDefaults())
	}
	for _, row := range d.Rows {
		if row.Removed {
			r.remove(row.Member)
		} else {
			r.put(row.Entry)
		}
	}
	r.head = d.Head()
}

// setRules changes the rules. The order changes only on an empty board, where
// the rebuild costs nothing; a sender that breaks this gets a right order too.
func (r *Reader) setRules(rules Rules) {
	turned := rules.Order != r.rules.Order
	r.rules = rules
	if turned {
		r.rebuild()
	}
}

// rebuild makes the index of the table's entries.
func (r *Reader) rebuild() {
	keys := make([]rankKey, 0, r.table.len())
	for member := range r.table.members() {
		keys = append(keys, r.key(member))
	}
	r.index = newRankIndex(r.table.memberIDs, keys)
}

// put makes e the entry of its member and moves it to its place.
func (r *Reader) put(e Entry) {
	member, known := r.table.lookup(e.Member)
	if !known {
		member = r.table.add(e.Member)
		r.table.put(member, e)
		r.index.insert(r.key(member))
		return
	}
	was := r.key(member)
	r.table.put(member, e)
	if now := r.key(member); now != was {
		r.index.delete(was)
		r.index.insert(now)
	}
}

// remove forgets a member, if it is there.
func (r *Reader) remove(id string) {
	member, ok := r.table.lookup(id)
	if !ok {
		return
	}
	r.index.delete(r.key(member))
	r.table.drop(member)
}

// number returns the number of a member's id, a new one if it has none.
func (r *Reader) number(id string) uint32 {
	if member, ok := r.table.lookup(id); ok {
		return member
	}
	return r.table.add(id)
}
