package memroster

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/presence"
)

// load takes over what the journal holds: members as zombies whose threshold
// starts now, rooms with their version, users with when they were last seen.
func (r *Roster) load(ctx context.Context) error {
	var seen []record
	_, at := r.clock.tick()
	err := r.cfg.Journal.Load(ctx, prefix, func(key string, val []byte) error {
		var rec record
		if err := json.Unmarshal(val, &rec); err != nil {
			return fmt.Errorf("record %q: %w", key, err)
		}
		switch {
		case strings.HasPrefix(key, memberItem):
			r.loadMember(rec, at)
		case strings.HasPrefix(key, roomItem):
			r.roomLocked(rec.Room).version = rec.Version
		case strings.HasPrefix(key, seenItem):
			seen = append(seen, rec)
		default:
			return fmt.Errorf("record %q: unknown kind", key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load the roster: %w", err)
	}
	r.loadSeen(seen)
	return nil
}

func (r *Roster) loadMember(rec record, at time.Duration) {
	p := presence.Place{Room: rec.Room, User: rec.User}
	m := r.enterLocked(p, presence.Meta{Name: rec.Name, Away: rec.Away}, rec.Since)
	m.beat = rec.Beat
	r.holdLocked(m, zombie, at)
}

// loadSeen takes the users over, the longest gone first, as Roster.gone wants
// them.
func (r *Roster) loadSeen(seen []record) {
	slices.SortFunc(seen, func(a, b record) int { return cmp.Compare(a.Beat, b.Beat) })
	for _, rec := range seen {
		r.userLocked(rec.User).seen = rec.Beat
	}
}
