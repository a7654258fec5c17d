package presence

import (
	"context"
	"slices"
	"time"
)

// refreshDue reports whether a round of beats is under way or must begin.
func (t *Tracker) refreshDue() bool {
	return len(t.round)+len(t.late) > 0 || !time.Now().Before(t.nextRefresh)
}

// refresh beats for the next chunk of this node's holders and queues those
// that the roster has lost. A chunk that fails waits until the others had
// theirs.
func (t *Tracker) refresh(ctx context.Context) {
	if len(t.round) == 0 {
		t.beginRound()
	}
	chunk := t.round[:min(len(t.round), t.cfg.RefreshChunk)]
	places := t.stillHeld(chunk)
	if len(places) > 0 {
		var missing []Place
		err := t.call(ctx, func(ctx context.Context) (_ []Transition, err error) {
			missing, err = t.roster.Refresh(ctx, t.node, places)
			return nil, err
		})
		t.note(ctx, &t.beats, err)
		if err != nil {
			t.late = append(t.late, chunk...)
		}
		t.rejoin(missing)
	}
	if t.round = t.round[len(chunk):]; len(t.round) == 0 {
		t.round = nil
	}
}

// beginRound begins a round of all holders when it is time, before that one of
// the late.
func (t *Tracker) beginRound() {
	t.round, t.late = t.late, nil
	if now := time.Now(); !now.Before(t.nextRefresh) {
		t.round, t.nextRefresh = t.held(), now.Add(t.cfg.Refresh)
	}
}

// held returns the seats that the roster should know, by partition: a chunk
// that touches few of them costs a shared roster a fifth less.
func (t *Tracker) held() []*seat {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts [Partitions][]*seat
	for _, s := range t.seats {
		if s.beaten() {
			n := Partition(s.place.Room)
			parts[n] = append(parts[n], s)
		}
	}
	return slices.Concat(parts[:]...)
}

// stillHeld returns the places of the seats that have not left since.
func (t *Tracker) stillHeld(seats []*seat) []Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	places := make([]Place, 0, len(seats))
	for _, s := range seats {
		if s.beaten() {
			places = append(places, s.place)
		}
	}
	return places
}

// rejoin queues the seats that the roster has lost.
func (t *Tracker) rejoin(missing []Place) {
	if len(missing) > 0 {
		t.cfg.Log.Warn("the roster has lost holders; they are put back", "node", t.node, "holders", len(missing))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range missing {
		if s := t.seats[p]; s != nil {
			s.told = absent
			t.markLocked(s)
		}
	}
}

// sweepDue reports whether to sweep. It waits for the end of a round of beats:
// a node that stood still must beat before it judges.
func (t *Tracker) sweepDue() bool {
	return len(t.round) == 0 && !time.Now().Before(t.nextSweep)
}

// sweep removes what is dead. As one sweep is bounded, the next follows at
// once while somebody left.
func (t *Tracker) sweep(ctx context.Context) {
	var left []Transition
	err := t.call(ctx, func(ctx context.Context) (_ []Transition, err error) {
		left, err = t.roster.Sweep(ctx)
		return left, err
	})
	t.note(ctx, &t.sweeps, err)
	if err == nil && len(left) == 0 {
		t.nextSweep = time.Now().Add(t.cfg.Sweep)
	}
}
