package redisboard

import (
	"context"
	"fmt"

	"rollcall/leaderboard"
)

// maxSources is how many sources one call of scripts/prove.lua asks about.
const maxSources = 64

// MaxLevel is both: Redis can have replicas and an append-only file. Whether it
// does is asked with each proof.
func (s *Store) MaxLevel() leaderboard.Level { return leaderboard.LevelBoth }

// Prove tells where sources stand and tries to prove the level of that. It
// asks about 64 of them at a time; a board that begins a new epoch between two
// of these steps is leaderboard.ErrUnavailable.
func (s *Store) Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.Standing{}, err
	}
	all := leaderboard.Standing{Sources: make([]leaderboard.SourceState, 0, len(sources))}
	for first := true; first || len(sources) > 0; first = false {
		step, err := s.proveSome(ctx, k, sources[:min(len(sources), maxSources)], level)
		if err == nil && !first && step.Head.Epoch != all.Head.Epoch {
			err = fmt.Errorf("%w: its epoch ended meanwhile", leaderboard.ErrUnavailable)
		}
		if err != nil {
			return leaderboard.Standing{}, fmt.Errorf("prove board %s: %w", board, err)
		}
		if !first {
			step.Proof = least(all.Proof, step.Proof)
		}
		all.Head, all.Sources, all.Proof = step.Head, append(all.Sources, step.Sources...), step.Proof
		sources = sources[len(step.Sources):]
	}
	return all, nil
}

func (s *Store) proveSome(ctx context.Context, k keys, sources []string, level leaderboard.Level) (at leaderboard.Standing, err error) {
	args := make([]any, 1, 2+len(sources))
	args[0] = len(sources)
	for _, source := range sources {
		args = append(args, source)
	}
	r, proof, err := s.writeProven(ctx, level, proveScript, 0, []string{k.head, k.seqs, k.generations}, args...)
	if err == nil && r.empty() {
		err = leaderboard.ErrUnknownBoard
	}
	if err != nil {
		return at, err
	}
	at.Head, at.Proof = leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()}, proof
	origin := r.text()
	for _, source := range sources {
		at.Sources = append(at.Sources, leaderboard.SourceState{Source: source, Origin: origin, Seq: r.uint(), Generation: r.uint()})
	}
	return at, r.err
}

// least is the proof of two steps together.
func least(a, b leaderboard.Proof) leaderboard.Proof {
	p := leaderboard.Proof{
		Level: leaderboard.LevelOf(a.Level.Disk() && b.Level.Disk(), a.Level.Replica() && b.Level.Replica()),
		Short: a.Short,
	}
	if p.Short == "" {
		p.Short = b.Short
	}
	return p
}
