package memroster

import (
	"context"
	"time"

	"rollcall/presence"
)

// Sweep implements presence.Roster. After a gap, when the process was
// suspended or the clock stepped, it removes nobody for one threshold: the
// beats could not come, so their absence proves nothing.
func (r *Roster) Sweep(ctx context.Context) ([]presence.Transition, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	wall, at := r.clock.tick()
	if at-r.swept > r.cfg.SweepGap || r.clock.stepBack {
		r.settled = at + r.cfg.Threshold
	}
	r.clock.stepBack = false
	r.swept = at
	r.trimUsersLocked(wall)
	r.trimRoomsLocked(at)
	if at < r.settled {
		return nil, nil
	}
	return r.sweepLocked(wall, at), nil
}

func (r *Roster) sweepLocked(wall int64, at time.Duration) []presence.Transition {
	var made []presence.Transition
	for range r.cfg.SweepLimit {
		front := r.beats.Front()
		if front == nil {
			break
		}
		h := front.Value.(*holder)
		if at-h.beat < r.cfg.Threshold {
			break
		}
		_, i := h.member.held(h.node)
		made = r.loseLocked(made, h.member, i, wall, at)
	}
	return made
}

// trimsPerSweep bounds what a sweep forgets of offline users and empty rooms.
const trimsPerSweep = 1000

// trimUsersLocked forgets users who are gone too long, or are too many.
func (r *Roster) trimUsersLocked(wall int64) {
	oldest := wall - r.cfg.SeenFor.Microseconds()
	for range trimsPerSweep {
		front := r.gone.Front()
		if front == nil {
			return
		}
		u := front.Value.(*user)
		if u.seen > oldest && r.gone.Len() <= r.cfg.SeenMax {
			return
		}
		r.gone.Remove(front)
		delete(r.users, u.id)
		r.markLocked(item{kind: seenItem, user: u.id})
	}
}

// trimRoomsLocked forgets rooms that are empty too long, or are too many.
func (r *Roster) trimRoomsLocked(at time.Duration) {
	for range trimsPerSweep {
		front := r.empty.Front()
		if front == nil {
			return
		}
		rm := front.Value.(*room)
		if at-rm.emptied < r.cfg.RoomFor && r.empty.Len() <= r.cfg.RoomMax {
			return
		}
		r.empty.Remove(front)
		delete(r.rooms, rm.name)
		r.markLocked(item{kind: roomItem, room: rm.name})
	}
}
