package hub

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"rollcall/presence"
)

const (
	firstCompare  = time.Second // after a room is first watched: the bus may have started late
	roomsPerCount = 1000        // rooms of one call of the roster
)

// loop compares the versions of the watched rooms with the roster's until ctx
// ends: the bus may have lost the last transition of a quiet room. When all are
// in doubt, so are those of the other nodes: they spread their calls.
func (rs *rooms) loop(ctx context.Context) {
	t := time.NewTicker(min(firstCompare, rs.hub.cfg.RoomPoll))
	defer t.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-rs.wake:
			rs.hub.pause(rand.N(doubtSpread))
			for _, r := range rs.list() {
				r.compareNow()
			}
		}
		err := rs.compare(ctx, time.Now())
		if f := err != nil; f != failing && ctx.Err() == nil {
			failing = f
			rs.hub.log.Warn("rooms compared", "failing", failing, "err", err)
		}
	}
}

// compare compares the rooms that are due. After an error the rest is due at
// the next tick.
func (rs *rooms) compare(ctx context.Context, now time.Time) error {
	list := slices.DeleteFunc(rs.list(), func(r *room) bool { return !r.comparable(now) })
	for chunk := range slices.Chunk(list, roomsPerCount) {
		names, before := make([]string, len(chunk)), make([]uint64, len(chunk))
		for i, r := range chunk {
			names[i], before[i] = r.name, r.version()
		}
		ctx, cancel := context.WithTimeout(ctx, roomTimeout)
		counts, err := rs.hub.roster.Counts(ctx, names)
		cancel()
		if err != nil {
			return err
		}
		for i, r := range chunk {
			r.check(before[i], counts[i])
		}
	}
	return nil
}

// comparable reports whether the room is due and not being read, which would
// bring its version up anyway.
func (r *room) comparable(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read && !r.reading && due(r.compare, now)
}

// compareNow makes the room due.
func (r *room) compareNow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.compare = time.Now()
}

func (r *room) version() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rep.Version()
}

// check compares the room with what the roster said after the replica was at
// version before. A later version may be on its way; an earlier one is of a
// roster that lost something.
func (r *room) check(before uint64, store presence.RoomCount) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading {
		return // due again
	}
	now := time.Now()
	r.compare = now.Add(r.hub.cfg.RoomPoll)
	switch {
	case store.Version > r.rep.Version():
		r.seen = store.Version
		r.foldLocked(now)
	case store.Version < before:
		r.repair = soonest(r.repair, now.Add(rand.N(doubtSpread)))
	}
	r.markLocked()
}
