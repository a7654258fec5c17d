package leaderboard

// Change is what one step did to a State: its outcome, what a driver must make
// durable, and what Revert needs.
type Change struct {
	Outcome Outcome

	// Log is the canonical encoding of Outcome.Delta (AppendDelta), nil if
	// nothing changed; RowAt[i] is where row i stands in it, its end
	// RowAt[i+1].
	Log   []byte
	RowAt []int

	Sources []Source // sources that moved, as they are now
	NewIDs  []UsedID // ids taken
	OldIDs  []UsedID // ids that left the window

	rules   Rules // before
	head    Head  // before
	rows    []rowBefore
	sources []sourceBefore
}

type rowBefore struct {
	member string
	entry  *Entry // nil = was not on the board
}

type sourceBefore struct {
	name   string
	source *Source // nil = was not known
}

// Empty reports whether there is nothing to make durable.
func (c *Change) Empty() bool {
	return c.Log == nil && len(c.Sources) == 0 && len(c.NewIDs) == 0 && len(c.OldIDs) == 0
}

func (s *State) begin() *Change {
	clear(s.touched)
	return &Change{rules: s.rules, head: s.head}
}

// finish closes a change: it makes the delta and the chain, and lists the
// sources that moved.
func (s *State) finish(c *Change, rules *Rules) {
	for _, b := range c.sources {
		c.Sources = append(c.Sources, *s.sources[b.name])
	}
	if s.head.Version != c.head.Version {
		d := &Delta{Epoch: s.head.Epoch, From: c.head.Version, To: s.head.Version, PrevChain: c.head.Chain, Rules: rules}
		if len(c.rows) > 0 {
			d.Rows = make([]Row, len(c.rows))
		}
		for i, b := range c.rows {
			d.Rows[i] = s.row(b.member)
		}
		c.Log, c.RowAt = appendDelta(make([]byte, 0, 64+96*len(d.Rows)), *d)
		d.Chain = NextChain(d.PrevChain, c.Log)
		s.head.Chain = d.Chain
		c.Outcome.Delta = d
	}
	c.Outcome.Head = s.head
}

func (s *State) row(member string) Row {
	if e := s.rows.get(member); e != nil {
		return Row{Entry: *e}
	}
	return Row{Entry: Entry{Member: member}, Removed: true}
}

// Revert undoes a change that could not be made durable. Changes are reverted
// newest first.
func (s *State) Revert(c *Change) {
	s.rules, s.head = c.rules, c.head
	for _, b := range c.rows {
		s.rows.set(b.member, b.entry)
	}
	for _, b := range c.sources {
		if b.source == nil {
			delete(s.sources, b.name)
			continue
		}
		s.sources[b.name] = b.source
	}
	s.ids.revert(c.NewIDs, c.OldIDs)
}

// touchSource returns the source's own copy for this change.
func (s *State) touchSource(c *Change, name string) *Source {
	for _, b := range c.sources {
		if b.name == name {
			return s.sources[name]
		}
	}
	before := s.sources[name]
	c.sources = append(c.sources, sourceBefore{name, before})
	now := &Source{Name: name}
	if before != nil {
		*now = *before
	}
	s.sources[name] = now
	return now
}

// touchRow remembers what the member's row was before this change.
func (s *State) touchRow(c *Change, member string, before *Entry) {
	if s.touched[member] {
		return
	}
	s.touched[member] = true
	c.rows = append(c.rows, rowBefore{member, before})
}
