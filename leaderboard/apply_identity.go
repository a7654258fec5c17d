package leaderboard

// identify decides by identity alone. A new event consumes its seq or id and
// returns (nil, false); one seen before returns the refusal it got then, or
// known. Other refusals consume nothing.
func (a *applier) identify(e *Event) (refusal *Refusal, known bool) {
	if r := a.turned[e.Source]; r != nil && e.Source != "" {
		return r, false
	}
	if e.Epoch != "" && e.Epoch != a.head.Epoch {
		return a.turnAway(e, RefuseStaleEpoch()), false
	}
	if e.Source == "" {
		return a.identifyByID(e)
	}
	return a.identifyBySeq(e)
}

func (a *applier) identifyBySeq(e *Event) (*Refusal, bool) {
	var last, generation uint64
	src := a.sources[e.Source]
	if src != nil {
		last, generation = src.Seq, src.Generation
	}
	if e.Generation != 0 && e.Generation != generation {
		return a.turnAway(e, RefuseFenced()), false
	}
	switch {
	case e.Seq <= last:
		return src.refusal(e.Seq), true
	case e.Seq > last+1:
		return RefuseGap(last + 1), false
	}
	a.touchSource(a.change, e.Source).Seq = e.Seq
	return nil, false
}

func (a *applier) identifyByID(e *Event) (*Refusal, bool) {
	body := e.Hash()
	if used, ok := a.ids.byID[e.ID]; ok {
		if used.Body != body {
			return RefuseIDConflict(), false
		}
		return used.Refusal, true
	}
	if a.ids.full() {
		return RefuseBusy(), false
	}
	used := a.ids.add(UsedID{ID: e.ID, At: a.now, Body: body})
	a.change.NewIDs = append(a.change.NewIDs, used)
	return nil, false
}

// turnAway refuses an event without consuming it, and with it the later events
// of its source in this batch: they would be a gap only because of this one.
func (a *applier) turnAway(e *Event, r *Refusal) *Refusal {
	if e.Source == "" {
		return r
	}
	if a.turned == nil {
		a.turned = make(map[string]*Refusal)
	}
	a.turned[e.Source] = r
	return r
}
