package memroster

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"rollcall/presence"
)

// ErrClosed is what every method of a closed roster fails with.
var ErrClosed = errors.New("the roster is closed")

var _ presence.Roster = (*Roster)(nil)

// Roster is an in-process presence.Roster with the reads a hub needs. Its
// methods are safe for concurrent use and do not wait for the journal.
type Roster struct {
	cfg Config // static after construction

	mu      sync.Mutex // guards the rest of the block
	clock   clock
	rooms   map[string]*room
	users   map[string]*user
	beats   *list.List // of *holder, the longest silent first
	empty   *list.List // of *room, the longest empty first
	gone    *list.List // of *user, the longest gone first
	swept   time.Duration
	settled time.Duration // nobody is swept before
	closed  bool

	pending map[item]struct{} // transitions to journal
	beaten  map[item]struct{} // beats to journal
	lost    int               // changes that pending had no room for

	// the journal's goroutine
	stop   context.CancelFunc
	writer sync.WaitGroup
}

// New makes a roster and loads what its journal holds; it fails if that cannot
// be read. Close it to journal the rest.
func New(ctx context.Context, cfg Config) (*Roster, error) {
	cfg = cfg.withDefaults()
	r := &Roster{
		cfg:     cfg,
		clock:   newClock(cfg.Now),
		rooms:   make(map[string]*room),
		users:   make(map[string]*user),
		beats:   list.New(),
		empty:   list.New(),
		gone:    list.New(),
		pending: make(map[item]struct{}),
		beaten:  make(map[item]struct{}),
		stop:    func() {},
	}
	if cfg.Journal == nil {
		return r, nil
	}
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	r.stop = stop
	r.writer.Go(func() { r.write(writing) })
	return r, nil
}

// Close journals what is not yet journaled, holders with their real last beat,
// and ends the roster. Nobody leaves by it. Closing again does nothing.
func (r *Roster) Close(ctx context.Context) error {
	r.mu.Lock()
	already := r.closed
	r.closed = true
	r.mu.Unlock()
	if already {
		return nil
	}
	r.stop()
	r.writer.Wait()
	if r.cfg.Journal == nil {
		return nil
	}
	r.mu.Lock()
	r.dueBeatsLocked()
	r.mu.Unlock()
	return r.save(ctx)
}

// lock begins a call, which must unlock if the error is nil.
func (r *Roster) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	return nil
}
