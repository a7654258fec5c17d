package pebbleboard

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// Store keeps boards, and a journal for the roster, in one data directory. Its
// methods are safe for concurrent use.
//
// Locks are taken in this order: admin, mu, board.mu, queue.mu.
type Store struct {
	cfg    Config               // static
	memory bool                 // static: nothing survives Close
	sync   *pebble.WriteOptions // static
	lock   io.Closer            // static: keeps other processes out
	db     *pebble.DB           // static

	admin  sync.Mutex // one Put or Delete at a time
	mu     sync.RWMutex
	boards map[string]*board // guarded by mu

	places    chan struct{} // one token for each commit under way
	queue     *queue
	commits   atomic.Uint64 // number of the last durable commit
	committed chan struct{} // closed when the committer has ended
	marker    marker
	opened    atomic.Bool   // Open has succeeded
	stopping  chan struct{} // closed when Close begins: no new commits

	parked   atomic.Bool // a goroutine of the storage engine waits for ever
	failOnce sync.Once
	cause    atomic.Pointer[error]
	dead     chan struct{} // closed when writing has failed, after the boards were reverted

	reading   sync.RWMutex // read-held while db is read, so that Close waits
	closed    bool         // guarded by reading
	closeOnce sync.Once
	closeErr  error
}

var errClosed = fmt.Errorf("%w: the store is closed", leaderboard.ErrUnavailable)

// fail ends all writing: the disk did not take what it was given, and what it
// did take is not known. Changes under way are reverted, so that readers go on
// with what is durable. It may be called from any goroutine, more than once.
func (s *Store) fail(err error) {
	s.failOnce.Do(func() {
		err = fmt.Errorf("%w: %w", leaderboard.ErrUnavailable, err)
		s.cause.Store(&err)
		s.mu.RLock()
		for _, b := range s.boards {
			b.revert()
		}
		s.mu.RUnlock()
		close(s.dead)
		if !s.opened.Load() {
			return // Open returns it
		}
		s.cfg.Logger.Error("the data directory can no longer be written: read-only until restart", "dir", s.cfg.Dir, "err", err)
	})
}

// failure is why the store does not write, nil if it does.
func (s *Store) failure() error {
	if err := s.cause.Load(); err != nil {
		return *err
	}
	return nil
}

// find returns a board by name.
func (s *Store) find(name string) (*board, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if b := s.boards[name]; b != nil {
		return b, nil
	}
	return nil, leaderboard.ErrUnknownBoard
}

// Apply takes one batch in one atomic step and returns when it is durable.
// leaderboard.ErrUnavailable means that nothing of it is known to be applied.
func (s *Store) Apply(ctx context.Context, name string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error) {
	b, err := s.find(name)
	if err != nil {
		return leaderboard.Outcome{}, err
	}
	var out leaderboard.Outcome
	err = s.write(ctx, b, func(st *leaderboard.State) (*leaderboard.Change, error) {
		did, err := st.Apply(batch, s.cfg.Now())
		if err == nil {
			out = did.Outcome
		}
		return did, err
	})
	if err != nil {
		return leaderboard.Outcome{}, fmt.Errorf("apply to board %s: %w", name, err)
	}
	out.Proof = s.proof(level)
	return out, nil
}

// Source tells where a source stands; one never seen has seq 0.
func (s *Store) Source(ctx context.Context, name, source string) (src leaderboard.SourceState, head leaderboard.Head, err error) {
	b, err := s.find(name)
	if err != nil {
		return src, head, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) { src, head = st.Source(source), st.Head() })
	return src, head, err
}

// Claim raises the source's generation, which fences its older senders.
func (s *Store) Claim(ctx context.Context, name, source string) (src leaderboard.SourceState, head leaderboard.Head, err error) {
	b, err := s.find(name)
	if err != nil {
		return src, head, err
	}
	err = s.write(ctx, b, func(st *leaderboard.State) (*leaderboard.Change, error) {
		did := st.Claim(source)
		src, head = st.Source(source), st.Head()
		return did, nil
	})
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, fmt.Errorf("claim %s on board %s: %w", source, name, err)
	}
	return src, head, nil
}

// Snapshot returns the board as it is at one head. It costs the same whatever
// the board's size.
func (s *Store) Snapshot(ctx context.Context, name string) (snap leaderboard.Snapshot, err error) {
	b, err := s.find(name)
	if err != nil {
		return snap, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) { snap = st.Snapshot() })
	return snap, err
}
