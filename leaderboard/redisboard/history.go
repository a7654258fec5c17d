package redisboard

import (
	"context"

	"rollcall/leaderboard"
)

func (s *Store) Fence(context.Context, string, leaderboard.Head) (leaderboard.Head, bool, error) {
	return leaderboard.Head{}, false, errNotBuilt
}

func (s *Store) Ended(context.Context, string, string) (bool, error) { return true, nil }

func (s *Store) Sample(context.Context, string) (leaderboard.Sample, error) {
	return leaderboard.Sample{}, errNotBuilt
}

func (s *Store) Archive(context.Context, string) (leaderboard.Archive, error) {
	return leaderboard.Archive{}, errNotBuilt
}

func (s *Store) Restore(context.Context, string, leaderboard.Archive) (leaderboard.Info, error) {
	return leaderboard.Info{}, errNotBuilt
}
