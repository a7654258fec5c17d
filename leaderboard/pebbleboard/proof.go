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
func (s *Store) proof(level leaderboard.Level) leaderboard.Proof {
	p := leaderboard.Proof{Level: s.MaxLevel()}
	switch {
	case level.Disk() && s.memory:
		p.Short = "the store keeps nothing on disk"
	case level.Replica():
		p.Short = "the store has no replicas"
	}
	return p
}

// Prove tells where sources stand, once what they did is durable.
func (s *Store) Prove(ctx context.Context, name string, sources []string, level leaderboard.Level) (at leaderboard.Standing, err error) {
	b, err := s.find(name)
	if err != nil {
		return at, err
	}
	err = s.read(ctx, b, func(st *leaderboard.State) {
		at.Head, at.Sources = st.Head(), make([]leaderboard.SourceState, 0, len(sources))
		for _, source := range sources {
			at.Sources = append(at.Sources, st.Source(source))
		}
	})
	if err != nil {
		return leaderboard.Standing{}, err
	}
	at.Proof = s.proof(level)
	return at, nil
}
