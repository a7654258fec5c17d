package memroster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Journal keeps records over a restart. The embedded store implements it.
type Journal interface {
	// Save sets and deletes records in one atomic step.
	Save(ctx context.Context, puts map[string][]byte, dels []string) error
	// Load yields every record whose key has the prefix, in any order, and
	// stops at the first error of yield.
	Load(ctx context.Context, prefix string, yield func(key string, val []byte) error) error
}

// markLocked notes that an item's record has changed.
func (r *Roster) markLocked(it item) {
	if r.cfg.Journal == nil {
		return
	}
	if len(r.pending) >= r.cfg.PendingMax {
		r.lost++
		return
	}
	r.pending[it] = struct{}{}
}

// markBeatLocked notes that a member's beat has changed.
func (r *Roster) markBeatLocked(m *member) {
	if r.cfg.Journal != nil {
		r.beaten[item{kind: memberItem, room: m.room.name, user: m.user.id}] = struct{}{}
	}
}

// dueBeatsLocked lets the next save write the beats too.
func (r *Roster) dueBeatsLocked() {
	for it := range r.beaten {
		r.markLocked(it)
	}
	clear(r.beaten)
}

// write journals in the background until ctx ends.
func (r *Roster) write(ctx context.Context) {
	ticker := time.NewTicker(r.cfg.SaveWait)
	defer ticker.Stop()
	beats := time.Now()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if now.Sub(beats) >= r.cfg.BeatWait {
				beats = now
				r.mu.Lock()
				r.dueBeatsLocked()
				r.mu.Unlock()
			}
		}
		err := r.save(ctx)
		if ctx.Err() != nil {
			return
		}
		r.report(err, &failing)
	}
}

// report logs the journal's first failure and its recovery.
func (r *Roster) report(err error, failing *bool) {
	switch {
	case err != nil && !*failing:
		r.cfg.Log.Warn("roster journal fails", "err", err)
	case err == nil && *failing:
		r.mu.Lock()
		lost := r.lost
		r.lost = 0
		r.mu.Unlock()
		r.cfg.Log.Info("roster journal works again", "lost", lost)
	}
	*failing = err != nil
}

// saveMax is the number of records in one Save.
const saveMax = 1000

// save writes what is pending when it begins.
func (r *Roster) save(ctx context.Context) error {
	for {
		taken, puts, dels, err := r.take()
		if err != nil {
			return err
		}
		if len(taken) == 0 {
			return nil
		}
		if err := r.saveChunk(ctx, puts, dels); err != nil {
			r.putBack(taken)
			return fmt.Errorf("journal the roster: %w", err)
		}
		if len(taken) < saveMax {
			return nil
		}
	}
}

func (r *Roster) saveChunk(ctx context.Context, puts map[string][]byte, dels []string) error {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.SaveTimeout)
	defer cancel()
	return r.cfg.Journal.Save(ctx, puts, dels)
}

// take removes up to saveMax items from pending, as the records they are
// now.
func (r *Roster) take() (taken []item, puts map[string][]byte, dels []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	puts = make(map[string][]byte)
	for it := range r.pending {
		if len(taken) == saveMax {
			break
		}
		delete(r.pending, it)
		taken = append(taken, it)
		key := it.key()
		rec, ok := r.recordLocked(it)
		if !ok {
			dels = append(dels, key)
			continue
		}
		if puts[key], err = json.Marshal(rec); err != nil {
			return nil, nil, nil, fmt.Errorf("encode %q: %w", key, err)
		}
	}
	return taken, puts, dels, nil
}

// putBack makes items pending again that could not be saved.
func (r *Roster) putBack(items []item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, it := range items {
		r.markLocked(it)
	}
}
