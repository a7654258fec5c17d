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

	info wire.BoardInfo        // of the last paint
	rows map[string]wire.Entry // of the last paint, by member
}

func (t *topPainter) paint(p picture) (func() any, any, bool) {
	var entries []wire.Entry
	if p.reader != nil {
		entries = toEntries(p.reader.Page(0, t.n, t.scheme))
	}
	if entries == nil {
		entries = []wire.Entry{}
	}
	rows := make(map[string]wire.Entry, len(entries))
	delta := wire.BoardDelta{Version: p.info.Version, Total: p.info.Total, Frozen: p.info.Frozen}
	for _, e := range entries {
		rows[e.Member] = e
		if d, changed := entryDelta(t.rows, e); changed {
			delta.Entries = append(delta.Entries, d)
		}
	}
	for member := range t.rows {
		if _, still := rows[member]; !still {
			delta.Gone = append(delta.Gone, member)
		}
	}
	before := t.info
	t.rows, t.info = rows, p.info
	info := p.info
	snapshot := func() any { return boardSnapshot(info, entries) }
	if !sameRules(before.Rules, info.Rules) {
		return snapshot, nil, true
	}
	changed := len(delta.Entries)+len(delta.Gone) > 0 || before.Total != info.Total || before.Frozen != info.Frozen
	return snapshot, delta, changed
}

// entryDelta says how a row differs from what was shown of its member: wholly,
// by its rank alone, or not.
func entryDelta(shown map[string]wire.Entry, e wire.Entry) (wire.EntryDelta, bool) {
	old, was := shown[e.Member]
	if was && sameContent(old, e) {
		return wire.EntryDelta{Rank: e.Rank, Member: e.Member}, old.Rank != e.Rank
	}
	return wire.EntryDelta{
		Rank: e.Rank, Member: e.Member, Name: &e.Name, Group: &e.Group, Score: &e.Score, Tie: &e.Tie, Cells: e.Cells,
	}, true
}

func sameContent(a, b wire.Entry) bool {
	return a.Score == b.Score && a.Tie == b.Tie && a.Name == b.Name && a.Group == b.Group && maps.EqualFunc(a.Cells, b.Cells, sameCell)
}

func sameCell(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

func sameRules(a, b wire.Rules) bool { return toRules(a).Equal(toRules(b)) }

func boardSnapshot(info wire.BoardInfo, entries []wire.Entry) wire.BoardSnapshot {
	return wire.BoardSnapshot{
		Board: info.Board, Rules: info.Rules, Epoch: info.Epoch, Version: info.Version,
		Total: info.Total, Frozen: info.Frozen, Entries: entries,
	}
}

// aroundPainter shows a member and its neighbours; with span 0 it is `me`. It
// has no deltas: its snapshot is small.
type aroundPainter struct {
	member string
	span   int
	scheme leaderboard.Scheme

	info wire.BoardInfo
	rows []wire.Entry
}

func (a *aroundPainter) paint(p picture) (func() any, any, bool) {
	rows := []wire.Entry{}
	if p.reader != nil {
		rows = toEntries(p.reader.Around(a.member, a.span, a.scheme))
	}
	same := len(rows) == len(a.rows) && sameRules(a.info.Rules, p.info.Rules) && (a.span == 0 || a.info.Total == p.info.Total)
	for i := 0; same && i < len(rows); i++ {
		same = rows[i].Rank == a.rows[i].Rank && rows[i].Member == a.rows[i].Member && sameContent(rows[i], a.rows[i])
	}
	a.rows, a.info = rows, p.info
	info := p.info
	return func() any { return boardSnapshot(info, rows) }, nil, !same
}
