package clics

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// scorer holds submissions and judgements as far as the feed was applied, and
// the rows they make.
type scorer struct {
	// static after construction
	feed *feed

	submissions map[ident]*attempt   // of visible teams on known problems
	attempts    map[place][]*attempt // those that count, in the order they count
	judgements  map[ident]*verdict   // all
	judged      map[ident][]*verdict // by submission, which may come later
	rows        map[ident]*row       // of the visible teams
	born        int                  // objects seen, for the order of appearance

	// of the line being applied
	dirty map[place]bool // cells it may have changed
	at    time.Duration  // its contest time
}

// place is a cell of the board.
type place struct{ team, problem ident }

// change is what one line did to one row.
type change struct {
	team ident
	at   time.Duration
	standing
	cells map[string]json.RawMessage // those that changed, nil if none
}

func newScorer(f *feed, teams []entry[team]) *scorer {
	s := &scorer{
		feed:        f,
		submissions: map[ident]*attempt{},
		attempts:    map[place][]*attempt{},
		judgements:  map[ident]*verdict{},
		judged:      map[ident][]*verdict{},
		rows:        map[ident]*row{},
		dirty:       map[place]bool{},
	}
	for _, t := range teams {
		s.rows[t.id] = &row{cells: map[ident]cell{}, penalized: map[ident]int{}}
	}
	return s
}

// apply takes one line and returns the rows it changed, by team id.
func (s *scorer) apply(st step) ([]change, error) {
	clear(s.dirty)
	s.at = 0
	if st.judgements != nil {
		s.applyJudgements(st.judgements)
		return s.settle(), nil
	}
	if err := s.applySubmissions(st.submissions); err != nil {
		return nil, fmt.Errorf("line %d: submissions: %w", st.line, err)
	}
	return s.settle(), nil
}

// gone lists which of the objects that are there an update drops.
func gone[T object, X any](u *update[T], there map[ident]X) []ident {
	if !u.whole {
		return []ident{u.drop}
	}
	stay := make(map[ident]bool, len(u.put))
	for _, e := range u.put {
		stay[e.id] = true
	}
	var ids []ident
	for id := range there {
		if !stay[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// nextBorn numbers objects in their order of appearance.
func (s *scorer) nextBorn() int {
	s.born++
	return s.born
}

// settle computes the dirty cells anew and returns the rows that changed.
func (s *scorer) settle() []change {
	places := make([]place, 0, len(s.dirty))
	for p := range s.dirty {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.team, b.team), cmp.Compare(a.problem, b.problem))
	})
	var changes []change
	for len(places) > 0 {
		team := places[0].team
		n := 1
		for n < len(places) && places[n].team == team {
			n++
		}
		if c, ok := s.settleRow(team, places[:n]); ok {
			changes = append(changes, c)
		}
		places = places[n:]
	}
	return changes
}

// settleRow computes some cells of one row anew; false if the row is as before.
func (s *scorer) settleRow(team ident, places []place) (change, bool) {
	r := s.rows[team]
	c := change{team: team, at: s.at}
	for _, p := range places {
		now, penalized := s.count(s.attempts[p])
		r.penalized[p.problem] = penalized
		if now == r.cells[p.problem] {
			continue
		}
		if c.cells == nil {
			c.cells = map[string]json.RawMessage{}
		}
		c.cells[string(p.problem)] = now.json()
		r.cells[p.problem] = now
	}
	c.standing = r.sum(s.feed.contest.Penalty.d)
	if c.cells == nil && c.standing == r.standing {
		return c, false
	}
	r.standing = c.standing
	return c, true
}

// count makes a cell of its attempts, and tells how many of them cost penalty
// once the problem is solved.
func (s *scorer) count(attempts []*attempt) (c cell, penalized int) {
	for _, a := range attempts {
		t, done := s.verdict(a.id)
		if !done {
			c.pending++
			continue
		}
		c.judged++
		if t.Solved {
			c.solved = true
			c.minute = int64(max(a.at, 0) / time.Minute)
			return c, penalized
		}
		if t.Penalty {
			penalized++
		}
	}
	return c, penalized
}
