package leaderboard

import "math"

// do carries out an event's operation on its member. improved is set for best.
func (a *applier) do(e *Event) (improved *bool, refusal *Refusal) {
	if r := a.checkTie(e); r != nil {
		return nil, r
	}
	old := a.rows.get(e.Member)
	if e.Op == Set || e.Op == Incr || e.Op == Best {
		if r := checkScore(e.Score); r != nil {
			return nil, r
		}
	}
	switch e.Op {
	case Remove:
		a.write(e.Member, old, nil)
		return nil, nil
	case Patch:
		if old == nil {
			return nil, RefuseUnknownMember()
		}
		return nil, a.update(e, old, old.Score)
	case Incr:
		score := e.Score
		if old != nil {
			score += old.Score
		}
		return nil, a.update(e, old, score)
	case Best:
		better := old == nil || a.beats(e, old)
		if !better {
			return &better, nil
		}
		return &better, a.update(e, old, e.Score)
	}
	return nil, a.update(e, old, e.Score)
}

// beats reports whether (score, tie) of a best event, as one key, goes before
// the entry's. Under the rules reached and none the score alone decides: of
// equal scores the first one stays.
func (a *applier) beats(e *Event, old *Entry) bool {
	if e.Score != old.Score {
		return (e.Score > old.Score) == (a.rules.Order == Desc)
	}
	return a.rules.Tie == Given && *e.Tie < old.Tie
}

// update writes the member's entry with a new score and what else the event
// says of it.
func (a *applier) update(e *Event, old *Entry, score float64) *Refusal {
	if r := checkScore(score); r != nil {
		return r
	}
	now := Entry{Member: e.Member}
	if old != nil {
		now = *old
	}
	if now.Score = score; score == 0 {
		now.Score = 0 // −0 is 0
	}
	if a.rules.Tie == Reached && (old == nil || now.Score != old.Score) {
		now.Tie = int64(a.head.Version + 1)
	}
	if e.Tie != nil {
		now.Tie = *e.Tie
	}
	if e.Name != nil {
		now.Name = *e.Name
	}
	if e.Group != nil {
		now.Group = *e.Group
	}
	cells, changed, r := now.Cells.merge(e.Cells)
	if r != nil {
		return r
	}
	now.Cells = cells
	if old != nil && !changed && now.sameLine(old) {
		return nil
	}
	a.write(e.Member, old, &now)
	return nil
}

// sameLine compares all but the cells.
func (e *Entry) sameLine(o *Entry) bool {
	return e.Score == o.Score && e.Tie == o.Tie && e.Name == o.Name && e.Group == o.Group
}

// write replaces the member's entry, nil to remove it, and takes one version;
// removing nobody takes none.
func (a *applier) write(member string, old, now *Entry) {
	if old == nil && now == nil {
		return
	}
	a.touchRow(a.change, member, old)
	a.rows.set(member, now)
	a.head.Version++
}

// checkTie holds the event's tie against the board's rule. Under given, set
// and incr without a tie keep the member's (0 for a new member), and best must
// carry one: its (score, tie) is one key, and half a key cannot be compared.
func (a *applier) checkTie(e *Event) *Refusal {
	switch {
	case e.Tie == nil && e.Op == Best && a.rules.Tie == Given:
		return RefuseTieNeeded()
	case e.Tie == nil:
		return nil
	case a.rules.Tie != Given:
		return RefuseTieRule(a.rules.Tie)
	case e.Op == Patch || e.Op == Remove:
		return RefuseTieOp()
	case *e.Tie > MaxScore || *e.Tie < -MaxScore:
		return RefuseTieRange()
	}
	return nil
}

func checkScore(v float64) *Refusal {
	if math.Abs(v) <= MaxScore {
		return nil
	}
	return RefuseScoreRange()
}
