package pebbleboard

import (
	"context"

	"rollcall/leaderboard"
)

// MaxLevel is disk, or memory where nothing survives Close.
func (s *Store) MaxLevel() leaderboard.Level {
	if s.memory {
		return leaderboard.LevelMemory
	}
	return leaderboard.LevelDisk
}

// proof is that of everything anyone has been told: it was fsynced before.
func (s *Store) proof() leaderboard.Proof { return leaderboard.Proof{Level: s.MaxLevel()} }

// Prove tells where sources stand.
func (s *Store) Prove(ctx context.Context, name string, sources []string, _ leaderboard.Level) (at leaderboard.Standing, err error) {
	b, err := s.find(name)
	if err != nil {
		return at, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) {
		at.Head = st.Head()
		for _, source := range sources {
			at.Sources = append(at.Sources, st.Source(source))
		}
	})
	at.Proof = s.proof()
	return at, err
}
