package hub

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Journal is this node's disk for events that their senders have asked it to
// keep. Its methods are safe for concurrent use; after an error of Write it may
// refuse for good.
type Journal interface {
	// Write keeps entries and forgets others in one step, and returns when that
	// is on disk. No key is in both.
	Write(ctx context.Context, keep []JournalEntry, forget []JournalKey) error
	// Read returns entries of from's source from from.Seq on, by seq. It may
	// return fewer than there are; none means that none is near from.Seq.
	Read(ctx context.Context, from JournalKey) ([]JournalEntry, error)
	// Each yields every entry until yield fails, and returns that error.
	Each(ctx context.Context, yield func(JournalEntry) error) error
}

// JournalKey names an event. Origin is that of its board, as in
// leaderboard.SourceState.
type JournalKey struct {
	Board, Source, Origin string
	Seq                   uint64
}

// JournalEntry is an event as it is kept. Value is the hub's.
type JournalEntry struct {
	JournalKey
	Value []byte
}

// Why entries are dropped that may not be durable in the store, as the metric's
// label.
const (
	dropFull    = "full"        // no durable level: the oldest make room
	dropFenced  = "fenced"      // a later sender has claimed the source
	dropOther   = "other_board" // the board was made anew
	dropDeleted = "deleted"     // the board was deleted
)

// journal keeps acknowledged events until the store has them for good, and
// pushes those again that the store has forgotten. One goroutine, its owner,
// writes to the disk; what is held, and of what it must be asked, stands in
// memory.
type journal struct {
	hub   *Hub
	disk  Journal // nil = the node keeps none
	wake  chan struct{}
	owner sync.WaitGroup

	mu     sync.Mutex
	boards map[string]*journalBoard // guarded by mu
	events int                      // guarded by mu: held, and those with room reserved
	bytes  int                      // guarded by mu: of them
	next   uint64                   // guarded by mu: number of the next entry, in the order they came
	ages   []journalAge             // guarded by mu: oldest first, only without a durable level; some may be gone
	writes []journalWrite           // guarded by mu: bounded by what may be held
	failed error                    // guarded by mu: why nothing is written any more
	closed bool                     // guarded by mu
}

// journalWrite is one step of the disk; done may be nil and must not block.
type journalWrite struct {
	keep   []JournalEntry
	forget []JournalKey
	done   func(error)
}

func newJournal(h *Hub) *journal {
	return &journal{hub: h, disk: h.cfg.Journal, wake: make(chan struct{}, 1), boards: map[string]*journalBoard{}}
}

// start reads what an earlier node has left, of which the store is asked at
// once, and runs the owner.
func (j *journal) start(ctx context.Context) error {
	if j.disk == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.disk.Each(ctx, j.loadLocked); err != nil {
		return err
	}
	if j.events > 0 {
		j.hub.log.Info("journal read: the store is asked whether it has these events", "events", j.events, "boards", len(j.boards))
	}
	j.owner.Go(j.run)
	return nil
}

// close writes what waits and ends the owner. Nothing is kept after it.
func (j *journal) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.signal()
	j.owner.Wait()
}

func (j *journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// run is the owner: whatever waits while the disk is at work is the next step.
func (j *journal) run() {
	look := time.NewTicker(standingEvery)
	defer look.Stop()
	serve := time.NewTicker(max(j.hub.cfg.ReplicaKeep/3, time.Millisecond))
	defer serve.Stop()
	for {
		select {
		case <-j.wake:
		case <-look.C:
		case <-serve.C:
			j.serve()
		}
		j.mu.Lock()
		writes, closed := j.writes, j.closed
		j.writes = nil
		j.mu.Unlock()
		switch {
		case len(writes) > 0:
			j.write(writes)
			j.signal()
		case closed:
			return
		default:
			j.look(time.Now())
		}
	}
}

// write does several steps as one. The last word on a key counts.
func (j *journal) write(writes []journalWrite) {
	last := map[JournalKey]*JournalEntry{}
	for _, w := range writes {
		for _, key := range w.forget {
			last[key] = nil
		}
		for i := range w.keep {
			last[w.keep[i].JournalKey] = &w.keep[i]
		}
	}
	var keep []JournalEntry
	var forget []JournalKey
	for key, entry := range last {
		if entry != nil {
			keep = append(keep, *entry)
		} else {
			forget = append(forget, key)
		}
	}
	j.mu.Lock()
	err := j.failed
	j.mu.Unlock()
	if err == nil {
		if err = j.disk.Write(context.Background(), keep, forget); err != nil {
			j.hub.log.Error("journal cannot be written: its events are no longer acknowledged", "err", err)
			j.mu.Lock()
			j.failed = errors.Join(errors.New("the journal of this node cannot be written"), err)
			j.mu.Unlock()
		}
	}
	for _, w := range writes {
		if w.done != nil {
			w.done(err)
		}
	}
}

// held is how many events are held or about to be, and their bytes.
func (j *journal) held() (events, bytes int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.events, j.bytes
}
