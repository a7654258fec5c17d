package hub

import (
	"context"
	"math/rand/v2"
	"time"
)

// startLocked starts a read of the roster. The pacer does not wait for it: a
// store that stalls stops this room alone.
func (r *room) startLocked() time.Time {
	if r.read {
		r.hub.metrics.roomRepairs.Inc()
	}
	r.repair, r.hole = time.Time{}, time.Time{}
	r.rep.Ask()
	r.reading = r.hub.spawn(r.readRoster)
	return time.Time{} // readRoster marks the room when it is done
}

// readRoster reads the first page. When it fails, what was last known is shown,
// marked as such.
func (r *room) readRoster() {
	ctx, cancel := context.WithTimeout(r.hub.life, roomTimeout)
	page, err := r.hub.roster.Page(ctx, r.name, "", keepRoom)
	cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if err != nil {
		r.repair = soonest(r.repair, now.Add(largeRoom+rand.N(smallRoom)))
	} else {
		if page.Version < r.rep.Version() {
			r.lost = now
		}
		page.Settling = page.Settling || now.Before(r.lost.Add(lostWait))
		r.rep.Reset(page)
		r.read, r.seen = true, 0
		r.foldLocked(now)
	}
	if page.Settling {
		r.repair = soonest(r.repair, now.Add(settleRead+rand.N(smallRoom)))
	}
	if failing := err != nil; failing != r.failing {
		r.failing = failing
		r.hub.log.Warn("room read", "room", r.name, "failing", failing, "err", err)
	}
	r.reading = false
	r.touchLocked()
	r.markLocked()
}
