package hub

import (
	"bytes"
	"encoding/json"
	"maps"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// topPainter shows the first n entries.
type topPainter struct {
	n      int
	scheme leaderboard.Scheme

	// of the last paint
	rules leaderboard.Rules
	info  *wire.BoardInfo
	rows  map[string]leaderboard.Ranked // by member
}

func (t *topPainter) paint(p *picture, anew bool) (func() any, any, bool) {
	entries := p.page(t.n, t.scheme)
	rows := make(map[string]leaderboard.Ranked, len(entries))
	delta := wire.BoardDelta{Version: p.info.Version, Total: p.info.Total, Frozen: p.info.Frozen}
	for _, e := range entries {
		rows[e.Member] = e
		old, was := t.rows[e.Member]
		switch {
		case !was || !sameContent(&old.Entry, &e.Entry):
			delta.Entries = append(delta.Entries, wholeRow(e))
		case old.Rank != e.Rank:
			delta.Entries = append(delta.Entries, wire.EntryDelta{Rank: e.Rank, Member: e.Member})
		}
	}
	for member := range t.rows {
		if _, still := rows[member]; !still {
			delta.Gone = append(delta.Gone, member)
		}
	}
	changed := anew || len(delta.Entries)+len(delta.Gone) > 0 || t.info.Total != p.info.Total || t.info.Frozen != p.info.Frozen
	ruled := t.rules.Equal(p.rules)
	t.rules, t.info, t.rows = p.rules, p.info, rows
	if !ruled {
		return p.snapshot(entries), nil, true
	}
	return p.snapshot(entries), delta, changed
}

// page is the first n entries; none of a board that is gone.
func (p *picture) page(n int, scheme leaderboard.Scheme) []leaderboard.Ranked {
	if p.reader == nil {
		return nil
	}
	return p.reader.Page(0, n, scheme)
}

// snapshot encodes entries later, when somebody needs it.
func (p *picture) snapshot(entries []leaderboard.Ranked) func() any {
	info := p.info
	return func() any {
		return wire.BoardSnapshot{
			Board: info.Board, Rules: info.Rules, Epoch: info.Epoch, Version: info.Version,
			Total: info.Total, Frozen: info.Frozen, Entries: toEntries(entries),
		}
	}
}

func wholeRow(r leaderboard.Ranked) wire.EntryDelta {
	e := toEntry(r)
	return wire.EntryDelta{
		Rank: e.Rank, Member: e.Member, Name: &e.Name, Group: &e.Group, Score: &e.Score, Tie: &e.Tie, Cells: e.Cells,
	}
}

func sameContent(a, b *leaderboard.Entry) bool {
	return a.Score == b.Score && a.Tie == b.Tie && a.Name == b.Name && a.Group == b.Group && maps.EqualFunc(a.Cells, b.Cells, sameCell)
}

func sameCell(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// aroundPainter shows a member and its neighbours. It has no deltas: its
// snapshot is small.
type aroundPainter struct {
	member string
	span   int
	scheme leaderboard.Scheme

	// of the last paint
	rules leaderboard.Rules
	total int
	rows  []leaderboard.Ranked
}

func (a *aroundPainter) paint(p *picture, anew bool) (func() any, any, bool) {
	var rows []leaderboard.Ranked
	if p.reader != nil {
		rows = p.reader.Around(a.member, a.span, a.scheme)
	}
	same := !anew && len(rows) == len(a.rows) && a.total == p.info.Total && a.rules.Equal(p.rules)
	for i := 0; same && i < len(rows); i++ {
		same = sameRow(&rows[i], &a.rows[i])
	}
	a.rules, a.total, a.rows = p.rules, p.info.Total, rows
	return p.snapshot(rows), nil, !same
}

func sameRow(a, b *leaderboard.Ranked) bool {
	return a.Rank == b.Rank && a.Member == b.Member && sameContent(&a.Entry, &b.Entry)
}
