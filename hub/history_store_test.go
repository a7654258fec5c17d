package hub_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
)

// forgetful is a store of many nodes that can go back to what it was, or lose
// everything, as a Redis that restarts does.
type forgetful struct {
	mu     sync.Mutex
	boards map[string]*history // guarded by mu
	ended  map[string]bool     // guarded by mu; epochs that Delete ended
	epochs int                 // guarded by mu
	begun  int                 // guarded by mu; epochs that Fence began
	calls  map[string]int      // guarded by mu; by method
	fail   map[string]error    // guarded by mu; by method; "" = all
	hang   map[string]chan struct{}
	spoil  func(*leaderboard.Sample) // guarded by mu
	split  bool                      // guarded by mu; who is written to is another server, which has forgotten nothing
}

// history is a board with all that it was.
type history struct {
	rules   leaderboard.Rules
	state   *leaderboard.State
	batches [][]leaderboard.Event
	log     []leaderboard.Delta
	start   leaderboard.Head // before the log
}

var _ hub.Boards = (*forgetful)(nil)

func newForgetful() *forgetful {
	return &forgetful{boards: map[string]*history{}, ended: map[string]bool{}, calls: map[string]int{}, fail: map[string]error{}, hang: map[string]chan struct{}{}}
}

var errRefused = fmt.Errorf("%w: connection refused", leaderboard.ErrUnavailable)

// set changes what the store is like.
func (s *forgetful) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// count returns how often methods were called, and forgets it.
func (s *forgetful) count(methods ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range methods {
		n += s.calls[m]
		s.calls[m] = 0
	}
	return n
}

// enter begins a call; the lock is held if there is no error.
func (s *forgetful) enter(method string) error {
	s.mu.Lock()
	s.calls[method]++
	for _, m := range []string{method, ""} {
		if err := s.fail[m]; err != nil {
			s.mu.Unlock()
			return err
		}
	}
	return nil
}

// find begins a call for a board.
func (s *forgetful) find(method, board string) (*history, error) {
	if err := s.enter(method); err != nil {
		return nil, err
	}
	if h := s.boards[board]; h != nil {
		return h, nil
	}
	s.mu.Unlock()
	return nil, leaderboard.ErrUnknownBoard
}

func newHistory(rules leaderboard.Rules, epoch string) *history {
	st := leaderboard.NewState(epoch, rules, leaderboard.StateConfig{})
	return &history{rules: rules, state: st, start: st.Head()}
}

// back makes the board what it was after its first n batches.
func (s *forgetful) back(board string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.boards[board]
	old := newHistory(h.rules, h.start.Epoch)
	for _, batch := range h.batches[:n] {
		if _, err := old.apply(batch); err != nil {
			panic(err)
		}
	}
	s.boards[board] = old
}

// lose makes the store empty, and returns what brings back what it had.
func (s *forgetful) lose() (back func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.boards
	s.boards, s.ended = map[string]*history{}, map[string]bool{}
	return func() { s.set(func() { s.boards = old }) }
}

func (h *history) apply(batch []leaderboard.Event) (leaderboard.Outcome, error) {
	c, err := h.state.Apply(batch, time.Time{}.Add(time.Hour))
	if err != nil {
		return leaderboard.Outcome{}, err
	}
	h.batches = append(h.batches, batch)
	if c.Outcome.Delta != nil {
		h.log = append(h.log, *c.Outcome.Delta)
	}
	return c.Outcome, nil
}

// has reports whether a head is of the history, as far as the log tells.
func (h *history) has(head leaderboard.Head) bool {
	return head == h.start || slices.ContainsFunc(h.log, func(d leaderboard.Delta) bool { return d.Head() == head })
}

func (s *forgetful) List(context.Context) (infos []leaderboard.Info, err error) {
	if err := s.enter("List"); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	for name, h := range s.boards {
		infos = append(infos, leaderboard.Info{Board: name, Rules: h.state.Rules(), Head: h.state.Head(), Total: h.state.Len()})
	}
	slices.SortFunc(infos, func(a, b leaderboard.Info) int { return strings.Compare(a.Board, b.Board) })
	return infos, nil
}

func (s *forgetful) Put(_ context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, _ *leaderboard.Delta, created bool, err error) {
	if err := s.enter("Put"); err != nil {
		return info, nil, false, err
	}
	defer s.mu.Unlock()
	h := s.boards[board]
	if created = h == nil; created {
		h = newHistory(rules, s.newEpoch())
		s.boards[board] = h
	}
	return leaderboard.Info{Board: board, Rules: h.state.Rules(), Head: h.state.Head(), Total: h.state.Len()}, nil, created, nil
}

func (s *forgetful) newEpoch() string {
	s.epochs++
	return fmt.Sprintf("%032x", s.epochs)
}

func (s *forgetful) Delete(_ context.Context, board string) error {
	h, err := s.find("Delete", board)
	if err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.ended[h.state.Head().Epoch] = true
	delete(s.boards, board)
	return nil
}

func (s *forgetful) Apply(ctx context.Context, board string, batch []leaderboard.Event, _ leaderboard.Level) (leaderboard.Outcome, error) {
	s.mu.Lock()
	hang := s.hang[board]
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return leaderboard.Outcome{}, fmt.Errorf("%w: %w", leaderboard.ErrUnavailable, ctx.Err())
		}
	}
	h, err := s.find("Apply", board)
	if err != nil {
		return leaderboard.Outcome{}, err
	}
	defer s.mu.Unlock()
	return h.apply(batch)
}

func (s *forgetful) MaxLevel() leaderboard.Level { return leaderboard.LevelMemory }

func (s *forgetful) Prove(_ context.Context, board string, sources []string, _ leaderboard.Level) (at leaderboard.Standing, err error) {
	h, err := s.find("Prove", board)
	if err != nil {
		return at, err
	}
	defer s.mu.Unlock()
	at.Head = h.state.Head()
	for _, source := range sources {
		at.Sources = append(at.Sources, h.state.Source(source))
	}
	return at, nil
}

func (s *forgetful) Source(_ context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	h, err := s.find("Source", board)
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	defer s.mu.Unlock()
	return h.state.Source(source), h.state.Head(), nil
}

func (s *forgetful) Claim(_ context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	h, err := s.find("Claim", board)
	if err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	defer s.mu.Unlock()
	h.state.Claim(source)
	return h.state.Source(source), h.state.Head(), nil
}

func (s *forgetful) Changes(_ context.Context, board string, after leaderboard.Head) ([]leaderboard.Delta, error) {
	h, err := s.find("Changes", board)
	if err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	if !h.has(after) {
		return nil, leaderboard.ErrGone
	}
	i := slices.IndexFunc(h.log, func(d leaderboard.Delta) bool { return d.Head() == after })
	return slices.Clone(h.log[i+1:]), nil
}

func (s *forgetful) Snapshot(_ context.Context, board string) (leaderboard.Snapshot, error) {
	h, err := s.find("Snapshot", board)
	if err != nil {
		return leaderboard.Snapshot{}, err
	}
	defer s.mu.Unlock()
	snap := h.state.Snapshot()
	snap.Entries = slices.Values(slices.Collect(snap.Entries))
	return snap, nil
}

func (s *forgetful) Heads(_ context.Context, boards []string) (map[string]leaderboard.Head, error) {
	if err := s.enter("Heads"); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	heads := map[string]leaderboard.Head{}
	for _, name := range boards {
		heads[name] = leaderboard.Head{}
		if h := s.boards[name]; h != nil {
			heads[name] = h.state.Head()
		}
	}
	return heads, nil
}

func (s *forgetful) Fence(_ context.Context, board string, known leaderboard.Head) (leaderboard.Head, bool, error) {
	h, err := s.find("Fence", board)
	if err != nil {
		return leaderboard.Head{}, false, err
	}
	defer s.mu.Unlock()
	if s.split {
		return known, false, nil
	}
	head := h.state.Head()
	if known.Epoch != head.Epoch || h.has(known) {
		return head, false, nil
	}
	a := h.state.Archive()
	epoch := s.newEpoch()
	st := leaderboard.RestoreState(a.Rules, leaderboard.Head{Epoch: epoch, Version: head.Version, Chain: leaderboard.FirstChain(epoch)}, leaderboard.StateConfig{})
	for e := range a.Entries {
		st.RestoreEntry(e)
	}
	for _, src := range a.Sources {
		st.RestoreSource(src)
	}
	s.boards[board] = &history{rules: h.rules, state: st, start: st.Head()}
	s.begun++
	return st.Head(), true, nil
}

func (s *forgetful) Ended(_ context.Context, board, epoch string) (bool, error) {
	if err := s.enter("Ended"); err != nil {
		return false, err
	}
	defer s.mu.Unlock()
	return s.boards[board] != nil || s.ended[epoch], nil
}

func (s *forgetful) Sample(_ context.Context, board string) (leaderboard.Sample, error) {
	h, err := s.find("Sample", board)
	if err != nil {
		return leaderboard.Sample{}, err
	}
	defer s.mu.Unlock()
	sample := leaderboard.Sample{Head: h.state.Head(), Total: h.state.Len(), Entries: slices.Collect(h.state.Snapshot().Entries)}
	if s.spoil != nil {
		s.spoil(&sample)
	}
	return sample, nil
}

func (s *forgetful) Check(_ context.Context, board string) error {
	_, err := s.find("Check", board)
	if err == nil {
		s.mu.Unlock()
	}
	return err
}

func (s *forgetful) Archive(_ context.Context, board string) (leaderboard.Archive, error) {
	h, err := s.find("Archive", board)
	if err != nil {
		return leaderboard.Archive{}, err
	}
	defer s.mu.Unlock()
	return h.state.Archive(), nil
}

func (s *forgetful) Restore(context.Context, string, leaderboard.Archive) (leaderboard.Info, error) {
	return leaderboard.Info{}, leaderboard.ErrExists
}
