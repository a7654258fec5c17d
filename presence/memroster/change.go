package memroster

import (
	"context"
	"time"

	"rollcall/presence"
)

// Join implements presence.Roster.
func (r *Roster) Join(ctx context.Context, node string, joins []presence.Join) ([]presence.Transition, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	wall, at := r.clock.tick()
	var made []presence.Transition
	for _, j := range joins {
		m := r.memberLocked(j.Place)
		if m == nil {
			m = r.enterLocked(j.Place, j.Meta, wall)
			r.holdLocked(m, node, at)
			made = append(made, r.transitLocked(m, presence.Joined, wall))
			continue
		}
		r.joinAgainLocked(m, node, wall, at)
		made = r.changeLocked(made, m, j.Meta, wall)
	}
	return made, nil
}

// joinAgainLocked renews the node's holder of a present member, or adds it; a
// zombie gives it its place.
func (r *Roster) joinAgainLocked(m *member, node string, wall int64, at time.Duration) {
	h, _ := m.held(node)
	if h == nil {
		h, _ = m.held(zombie)
	}
	if h == nil {
		r.holdLocked(m, node, at)
		h = m.holders[len(m.holders)-1]
	}
	h.node = node
	r.beatLocked(h, wall, at)
	r.markBeatLocked(m)
}

// Leave implements presence.Roster.
func (r *Roster) Leave(ctx context.Context, node string, places []presence.Place) ([]presence.Transition, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	wall, at := r.clock.tick()
	var made []presence.Transition
	for _, p := range places {
		m := r.memberLocked(p)
		if m == nil {
			continue
		}
		if _, i := m.held(node); i >= 0 {
			made = r.loseLocked(made, m, i, wall, at)
		}
	}
	return made, nil
}

// loseLocked removes a member's i-th holder; with the last one the user
// leaves.
func (r *Roster) loseLocked(made []presence.Transition, m *member, i int, wall int64, at time.Duration) []presence.Transition {
	r.releaseLocked(m, i)
	if len(m.holders) > 0 {
		return made
	}
	r.exitLocked(m, at)
	left := r.transitLocked(m, presence.Left, wall)
	left.Seen = timeOf(m.beat)
	return append(made, left)
}

// Refresh implements presence.Roster.
func (r *Roster) Refresh(ctx context.Context, node string, places []presence.Place) ([]presence.Place, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	wall, at := r.clock.tick()
	var missing []presence.Place
	for _, p := range places {
		h := r.holderLocked(node, p)
		if h == nil {
			missing = append(missing, p)
			continue
		}
		r.beatLocked(h, wall, at)
		r.markBeatLocked(h.member)
	}
	return missing, nil
}

func (r *Roster) holderLocked(node string, p presence.Place) *holder {
	m := r.memberLocked(p)
	if m == nil {
		return nil
	}
	h, _ := m.held(node)
	return h
}

// SetMeta implements presence.Roster.
func (r *Roster) SetMeta(ctx context.Context, metas []presence.Join) ([]presence.Transition, error) {
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	wall, _ := r.clock.tick()
	var made []presence.Transition
	for _, j := range metas {
		if m := r.memberLocked(j.Place); m != nil {
			made = r.changeLocked(made, m, j.Meta, wall)
		}
	}
	return made, nil
}

// changeLocked shows a present user as meta says.
func (r *Roster) changeLocked(made []presence.Transition, m *member, meta presence.Meta, wall int64) []presence.Transition {
	if m.meta == meta {
		return made
	}
	m.meta = meta
	return append(made, r.transitLocked(m, presence.Changed, wall))
}

// transitLocked gives a change that has been made its version.
func (r *Roster) transitLocked(m *member, kind presence.Kind, wall int64) presence.Transition {
	rm := m.room
	prev := rm.version
	rm.version = max(prev+1, uint64(wall))
	r.markLocked(item{kind: memberItem, room: rm.name, user: m.user.id})
	r.markLocked(item{kind: roomItem, room: rm.name})
	return presence.Transition{
		Place:   m.place(),
		Kind:    kind,
		Prev:    prev,
		Version: rm.version,
		Count:   len(rm.members),
		Meta:    m.meta,
		Since:   timeOf(m.since),
	}
}

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
