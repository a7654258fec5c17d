package leaderboard

// memberTable holds the entries of a board by member number, without order.
type memberTable struct {
	*memberIDs
	standings paged[standing]
	details   paged[*details] // nil = none; its pages exist only where needed
}

// standing is what a member is ranked by.
type standing struct {
	score float64
	tie   int64
}

// details is what a row shows and is not ranked by.
type details struct {
	name  string
	group string
	cells Cells
}

func newMemberTable() *memberTable { return &memberTable{memberIDs: newMemberIDs()} }

// entry returns the entry of a member. Its Member shares memory with the
// table, which never writes it again.
func (t *memberTable) entry(member uint32) Entry {
	s := t.standings.get(member)
	e := Entry{Member: t.id(member), Score: s.score, Tie: s.tie}
	if d := t.details.get(member); d != nil {
		e.Name, e.Group, e.Cells = d.name, d.group, d.cells
	}
	return e
}

// put keeps an entry under a member number that its id has.
func (t *memberTable) put(member uint32, e Entry) {
	t.standings.set(member, standing{score: e.Score + 0, tie: e.Tie}) // -0 + 0 is 0
	d := t.details.get(member)
	switch {
	case e.Name == "" && e.Group == "" && e.Cells == nil:
		if d != nil {
			t.details.set(member, nil)
		}
	case d == nil:
		t.details.set(member, &details{name: e.Name, group: e.Group, cells: e.Cells})
	default:
		*d = details{name: e.Name, group: e.Group, cells: e.Cells}
	}
}

// drop forgets a member. The last one to go frees all memory.
func (t *memberTable) drop(member uint32) {
	if t.details.get(member) != nil {
		t.details.set(member, nil)
	}
	t.remove(member)
	if t.len() == 0 {
		t.clear()
		t.standings, t.details = paged[standing]{}, paged[*details]{}
	}
}

// key returns the place of a member in the order of a board.
func (t *memberTable) key(member uint32, order Order) rankKey {
	s := t.standings.get(member)
	return rankKey{score: rankBits(s.score, order), tie: s.tie, member: member}
}
