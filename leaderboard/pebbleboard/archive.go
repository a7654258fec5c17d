package pebbleboard

import (
	"context"

	"rollcall/leaderboard"
)

// Archive returns the board with its sources as both are at one moment.
func (s *Store) Archive(ctx context.Context, name string) (a leaderboard.Archive, err error) {
	b, err := s.find(name)
	if err != nil {
		return a, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) { a = st.Archive() })
	return a, err
}
