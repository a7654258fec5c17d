package pebbleboard

import (
	"context"

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

// Ended is true unless the board is there in that epoch: nothing is lost from a
// store that opened.
func (s *Store) Ended(_ context.Context, name, epoch string) (bool, error) {
	b, err := s.find(name)
	return err != nil || b.epoch != epoch, nil
}

const sampleSize = 100

// Sample returns the best 100 entries, in O(n): they are looked for.
func (s *Store) Sample(ctx context.Context, name string) (leaderboard.Sample, error) {
	snap, err := s.Snapshot(ctx, name)
	if err != nil {
		return leaderboard.Sample{}, err
	}
	return leaderboard.Sample{Head: snap.Head, Total: snap.Total, Entries: snap.Best(sampleSize)}, nil
}
