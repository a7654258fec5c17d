package hub

import (
	"rollcall/leaderboard"
	"rollcall/wire"
)

// recentMax is how many changes the activity view holds.
const recentMax = 50

// activity is one changed row of a delta.
type activity struct {
	version uint64
	row     leaderboard.Row
}

func (f *feed) rememberLocked(d leaderboard.Delta) {
	rows := d.Rows
	if len(rows) > recentMax {
		rows = rows[len(rows)-recentMax:]
	}
	for _, r := range rows {
		f.recent = append(f.recent, activity{version: d.To, row: r})
	}
	if extra := len(f.recent) - recentMax; extra > 0 {
		f.recent = append([]activity(nil), f.recent[extra:]...)
	}
}

// activityPainter shows the latest changes; its delta holds the new ones.
type activityPainter struct {
	epoch string // of the last paint
	shown uint64 // version of the last paint
}

func (a *activityPainter) paint(p picture) (func() any, any, bool) {
	if a.epoch != p.info.Epoch {
		a.epoch, a.shown = p.info.Epoch, 0
	}
	items, fresh := []wire.Activity{}, []wire.Activity{}
	for _, r := range p.recent {
		item := wire.Activity{Version: r.version, Member: r.row.Member, Name: r.row.Name, Removed: r.row.Removed}
		if !r.row.Removed {
			item.Score = &r.row.Score
			item.Rank, _ = p.reader.Rank(r.row.Member, "")
		}
		items = append(items, item)
		if r.version > a.shown {
			fresh = append(fresh, item)
		}
	}
	a.shown = p.info.Version
	snap := wire.ActivitySnapshot{Board: p.board, Epoch: p.info.Epoch, Version: p.info.Version, Items: items}
	delta := snap
	delta.Items = fresh
	return func() any { return snap }, delta, len(fresh) > 0
}
