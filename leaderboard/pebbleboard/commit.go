package pebbleboard

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// maxUnderWay bounds the commits that wait for the disk or are on their way
// to it; the next caller waits for a free place.
const maxUnderWay = 256

// commit is one step on its way to the disk.
type commit struct {
	batch *pebble.Batch
	board *board              // nil if it changes no board's state
	did   *leaderboard.Change // what to revert if it fails; nil with board nil

	reverted bool          // guarded by board.mu
	durable  chan struct{} // closed when it is
}

// queue holds the commits that the committer has not yet taken. It is bounded
// by the places of the store.
type queue struct {
	mu      sync.Mutex
	waiting []*commit
	closed  bool
	more    chan struct{} // holds one token when waiting is not empty or closed is set
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) push(c *commit) {
	q.mu.Lock()
	q.waiting = append(q.waiting, c)
	q.mu.Unlock()
	q.signal()
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take returns all that waits; ok is false when the queue is closed and empty.
func (q *queue) take() (all []*commit, ok bool) {
	for {
		q.mu.Lock()
		all, q.waiting = q.waiting, nil
		closed := q.closed
		q.mu.Unlock()
		if len(all) > 0 {
			return all, true
		}
		if closed {
			return nil, false
		}
		<-q.more
	}
}

// runCommitter writes what waits, group by group, until the queue is closed.
// A fatal fault inside Pebble ends this goroutine (see pebbleLogger); the
// deferred close tells Close.
func (s *Store) runCommitter() {
	defer close(s.committed)
	for {
		group, ok := s.queue.take()
		if !ok {
			return
		}
		if err := s.writeGroup(group); err != nil {
			s.fail(fmt.Errorf("commit: %w", err))
			continue
		}
		for _, c := range group {
			s.arrived(c)
		}
	}
}

// writeGroup makes a group durable in one Pebble batch.
func (s *Store) writeGroup(group []*commit) (err error) {
	if err := s.failure(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil { // Pebble panics when it cannot begin a new log
			err = fmt.Errorf("%v", r)
		}
	}()
	b := group[0].batch
	for _, c := range group[1:] {
		if err := b.Apply(c.batch, nil); err != nil {
			return err
		}
	}
	next := s.commits.Load() + 1
	if err := b.Set(keyCommit, binary.BigEndian.AppendUint64(nil, next), nil); err != nil {
		return err
	}
	if err := s.db.Apply(b, s.sync); err != nil {
		return err
	}
	s.commits.Store(next)
	return nil
}

// arrived lets everyone see a commit that is durable.
func (s *Store) arrived(c *commit) {
	if c.board != nil && !c.board.arrived(c) {
		return // reverted meanwhile: a fault elsewhere has ended the store's writing
	}
	_ = c.batch.Close()
	close(c.durable)
	<-s.places
}

// enter takes a place for one commit, which arrived gives back.
func (s *Store) enter(ctx context.Context) error {
	if err := s.failure(); err != nil {
		return err
	}
	select {
	case <-s.stopping:
		return errClosed
	case s.places <- struct{}{}:
		return nil
	case <-s.dead:
		return s.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives a place back that no commit used.
func (s *Store) leave() { <-s.places }

// send hands a commit over. The caller holds a place, and the lock that orders
// it among others.
func (s *Store) send(c *commit) *commit {
	c.durable = make(chan struct{})
	s.queue.push(c)
	return c
}

// wait returns when the commit is durable, or never will be.
func (s *Store) wait(ctx context.Context, c *commit) error {
	select {
	case <-c.durable:
		return nil
	case <-s.dead:
		return s.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}
