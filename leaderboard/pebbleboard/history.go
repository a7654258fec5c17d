package pebbleboard

import (
	"context"
	"errors"

	"rollcall/leaderboard"
)

// Fence returns the head: this store has one history, which Open has checked.
func (s *Store) Fence(ctx context.Context, name string, _ leaderboard.Head) (head leaderboard.Head, begun bool, err error) {
	b, err := s.find(name)
	if err != nil {
		return head, false, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) { head = st.Head() })
	return head, false, err
}

// Ended is always true: nothing is lost from a store that opened.
func (s *Store) Ended(context.Context, string, string) (bool, error) { return true, nil }

var errNotBuilt = errors.New("not built")

func (s *Store) Sample(context.Context, string) (leaderboard.Sample, error) {
	return leaderboard.Sample{}, errNotBuilt
}

func (s *Store) Archive(context.Context, string) (leaderboard.Archive, error) {
	return leaderboard.Archive{}, errNotBuilt
}

func (s *Store) Restore(context.Context, string, leaderboard.Archive) (leaderboard.Info, error) {
	return leaderboard.Info{}, errNotBuilt
}
