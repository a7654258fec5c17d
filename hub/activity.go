package hub

import (
	"slices"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// recentMax is how many changes the activity view holds.
const recentMax = 50

// activity is one changed row of a delta. Its rank is the one it had then: so
// the item is the same in every frame that holds it.
type activity struct {
	version uint64
	rank    int
	row     leaderboard.Row
}

// rememberLocked keeps the rows of a delta that the replica has just taken.
func (f *feed) rememberLocked(d leaderboard.Delta) {
	rows := d.Rows[max(0, len(d.Rows)-recentMax):]
	if drop := len(f.recent) + len(rows) - recentMax; drop > 0 {
		f.recent = slices.Clone(f.recent[drop:]) // a picture may hold the old ones
	}
	f.rep.Read(func(r *leaderboard.Reader) {
		for _, row := range rows {
			rank, _ := r.Rank(row.Member, "")
			f.recent = append(f.recent, activity{version: d.To, rank: rank, row: row})
		}
	})
}

// activityPainter shows the latest changes; its delta holds the new ones.
type activityPainter struct {
	shown leaderboard.Head // of the last paint
}

func (a *activityPainter) paint(p *picture, anew bool) (func() any, any, bool) {
	since := a.shown.Version
	if anew {
		since = 0
	}
	a.shown = p.head
	snap := wire.ActivitySnapshot{Board: p.info.Board, Epoch: p.info.Epoch, Version: p.info.Version, Items: []wire.Activity{}}
	fresh := 0
	for _, r := range p.recent {
		item := wire.Activity{Version: r.version, Member: r.row.Member, Name: r.row.Name, Rank: r.rank, Removed: r.row.Removed}
		if !r.row.Removed {
			item.Score = &r.row.Score
		}
		snap.Items = append(snap.Items, item)
		if r.version > since {
			fresh++
		}
	}
	delta := snap
	delta.Items = snap.Items[len(snap.Items)-fresh:]
	return func() any { return snap }, delta, anew || fresh > 0
}
