package pebbleboard

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// Changes returns the changelog after a head, oldest first, empty if the head
// is current; after the zero Head, from where the changelog begins.
// leaderboard.ErrGone if it does not reach back, or the head is of another
// history; leaderboard.ErrDamaged too if an entry does not lead on from the one
// before: the chain of each is computed from what it holds.
func (s *Store) Changes(ctx context.Context, name string, after leaderboard.Head) ([]leaderboard.Delta, error) {
	b, err := s.find(name)
	if err != nil {
		return nil, err
	}
	var head leaderboard.Head
	if err := s.read(ctx, b, func(st *leaderboard.State) { head = st.Head() }); err != nil {
		return nil, err
	}
	switch {
	case after == head:
		return nil, nil
	case after == (leaderboard.Head{}):
	case after.Epoch != head.Epoch || after.Version >= head.Version:
		return nil, leaderboard.ErrGone
	}
	deltas, err := s.readLog(after, head)
	if err != nil {
		return nil, fmt.Errorf("changelog of board %s: %w", name, err)
	}
	return deltas, nil
}

// Heads returns the heads of boards by name, the zero Head for one that is not
// there.
func (s *Store) Heads(ctx context.Context, names []string) (map[string]leaderboard.Head, error) {
	heads := make(map[string]leaderboard.Head, len(names))
	for _, name := range names {
		var head leaderboard.Head
		b, err := s.find(name)
		if err == nil {
			err = s.read(ctx, b, func(st *leaderboard.State) { head = st.Head() })
		}
		if err != nil && !errors.Is(err, leaderboard.ErrUnknownBoard) {
			return heads, err
		}
		heads[name] = head
	}
	return heads, nil
}

// readLog reads the entries that lead from one head to another; all if the first
// is the zero Head.
func (s *Store) readLog(after, head leaderboard.Head) (deltas []leaderboard.Delta, err error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	if s.closed {
		return nil, errClosed
	}
	it, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: logKey(nil, head.Epoch, after.Version+1),
		UpperBound: logKey(nil, head.Epoch, head.Version+1),
	})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	at, whole := after, after == (leaderboard.Head{})
	for ok := it.First(); ok; ok = it.Next() {
		d, err := decodeLog(it.Value())
		if err != nil {
			return nil, fmt.Errorf("%w: an entry after version %d: %w: %w", leaderboard.ErrDamaged, at.Version, err, leaderboard.ErrGone)
		}
		if whole && len(deltas) == 0 {
			at = leaderboard.Head{Epoch: head.Epoch, Version: d.From, Chain: d.PrevChain}
		}
		if d.From != at.Version || d.PrevChain != at.Chain {
			if len(deltas) == 0 {
				return nil, leaderboard.ErrGone
			}
			return nil, fmt.Errorf("%w: the entry to version %d does not lead on from that to version %d: %w", leaderboard.ErrDamaged, d.To, at.Version, leaderboard.ErrGone)
		}
		deltas, at = append(deltas, d), d.Head()
	}
	switch err := it.Error(); {
	case err != nil:
		return nil, err
	case whole && len(deltas) == 0, at == head:
		return deltas, nil
	case at.Version == head.Version:
		return nil, fmt.Errorf("the entry to version %d leads to another chain than the board has: %w: %w", at.Version, leaderboard.ErrDamaged, leaderboard.ErrGone)
	}
	return nil, leaderboard.ErrGone
}
