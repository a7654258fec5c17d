package presence

import (
	"context"
	"errors"
	"time"
)

// batch is what one flush tells the roster, at most Config.CoalesceMax seats.
type batch struct {
	joins, leaves, metas group
}

// group is the part of a batch that shares a call; entries[i] is what is told
// of seats[i].
type group struct {
	seats   []*seat
	entries []Join
}

func (g *group) add(s *seat) {
	g.seats = append(g.seats, s)
	g.entries = append(g.entries, Join{Place: s.place, Meta: s.meta})
}

func (g *group) places() []Place {
	places := make([]Place, len(g.entries))
	for i, e := range g.entries {
		places[i] = e.Place
	}
	return places
}

// batchDue reports whether the queue is full or has waited long enough.
func (t *Tracker) batchDue() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 {
		return false
	}
	return len(t.queue) >= t.cfg.CoalesceMax || time.Since(t.since) >= t.cfg.CoalesceWait
}

// flush tells the roster one batch. A group that fails stops no other: a full
// roster refuses joins alone.
func (t *Tracker) flush(ctx context.Context) {
	b := t.take()
	t.note(ctx, &t.changes, errors.Join(
		t.tell(ctx, b.joins, present, unsure, func(ctx context.Context) ([]Transition, error) {
			return t.roster.Join(ctx, t.node, b.joins.entries)
		}),
		t.tell(ctx, b.leaves, absent, unsure, func(ctx context.Context) ([]Transition, error) {
			return t.roster.Leave(ctx, t.node, b.leaves.places())
		}),
		t.tell(ctx, b.metas, present, present, func(ctx context.Context) ([]Transition, error) {
			return t.roster.SetMeta(ctx, b.metas.entries)
		}),
	))
}

// take empties the queue into a batch, as far as it has room, dropping the
// seats of which the roster already knows what it should.
func (t *Tracker) take() batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b batch
	taken, told := 0, 0
	for taken < len(t.queue) && told < t.cfg.CoalesceMax {
		s := t.queue[taken]
		t.queue[taken] = nil
		taken++
		s.queued = false
		g := b.groupOf(s)
		if g == nil {
			t.forgetLocked(s)
			continue
		}
		g.add(s)
		told++
	}
	if t.queue = t.queue[taken:]; len(t.queue) == 0 {
		t.queue = nil // lets go of the array of a past storm
	}
	return b
}

// groupOf is the call that makes the roster know what it should of a seat,
// nil if it does.
func (b *batch) groupOf(s *seat) *group {
	switch {
	case s.wanted() && s.told != present:
		return &b.joins
	case s.wanted() && (s.vague || s.shown != s.meta):
		return &b.metas
	case !s.wanted() && s.told != absent:
		return &b.leaves
	default:
		return nil
	}
}

// tell makes the call of one group and notes what the roster knows now, or, if
// it failed, what is left of that; then the seats are queued again.
func (t *Tracker) tell(ctx context.Context, g group, now, failed told, do func(context.Context) ([]Transition, error)) error {
	if len(g.seats) == 0 {
		return nil
	}
	err := t.call(ctx, do)
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, s := range g.seats {
		if err != nil {
			s.told, s.vague = failed, true
			t.markLocked(s)
			continue
		}
		s.told, s.shown, s.vague = now, g.entries[i].Meta, false
		t.forgetLocked(s)
	}
	return err
}

// forgetLocked drops a seat that neither the node nor the roster needs.
func (t *Tracker) forgetLocked(s *seat) {
	if !s.wanted() && !s.queued && s.told == absent {
		delete(t.seats, s.place)
	}
}
