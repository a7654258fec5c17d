package hub

import "rollcall/leaderboard"

// mePainter shows the entry of one member. There may be one for each session,
// and all of them look at each change of the board: an entry that stayed as it
// was costs a rank and no allocation.
type mePainter struct {
	member string
	scheme leaderboard.Scheme

	// of the last paint
	rules leaderboard.Rules
	row   leaderboard.Ranked
	on    bool // the member is on the board
}

func (m *mePainter) paint(p *picture, anew bool) (func() any, any, bool) {
	var row leaderboard.Ranked
	on := false
	if p.reader != nil {
		row, on = p.reader.Get(m.member, m.scheme)
	}
	if !anew && on == m.on && sameRow(&row, &m.row) && m.rules.Equal(p.rules) {
		return nil, nil, false
	}
	m.rules, m.row, m.on = p.rules, row, on
	entries := []leaderboard.Ranked{row}
	if !on {
		entries = nil
	}
	return p.snapshot(entries), nil, true
}
