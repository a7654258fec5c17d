package redisboard

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rollcall/leaderboard"
)

// Archive returns the board with its sources, at one head, while writes go on.
// It reads the entries as Snapshot does, then where all sources stand at some
// later head, and brings the entries forward to that by the changelog. So a seq
// is in the archive exactly if what its event did is, also where that was
// nothing. It writes nothing, so that a full Redis can be archived.
//
// Refusals are read in pages after that, and what came later is left out. A
// source that was refused so often meanwhile that the board itself has forgotten
// an old refusal has lost it in the archive too.
func (s *Store) Archive(ctx context.Context, board string) (leaderboard.Archive, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.Archive{}, err
	}
	var a leaderboard.Archive
	err = s.steadily(ctx, k, func() (string, error) {
		a, err = s.archive(ctx, board, k)
		return a.Head.Epoch, err
	})
	if err != nil {
		return leaderboard.Archive{}, fmt.Errorf("archive of board %s: %w", board, err)
	}
	return a, nil
}

// archive is one try. Its head has the epoch also when it fails.
func (s *Store) archive(ctx context.Context, board string, k keys) (a leaderboard.Archive, err error) {
	g, err := s.gather(ctx, board, k)
	if err != nil {
		a.Head = g.head
		return a, err
	}
	at, err := s.readSources(ctx, k)
	if err != nil {
		return a, err
	}
	deltas, err := s.changes(ctx, board, k, g.head, at.head)
	if err != nil {
		a.Head = at.head
		return a, err
	}
	fold(g.entries, deltas)
	g.headAndRules = at.headAndRules
	if a.Sources, err = s.sources(ctx, k, at); err != nil {
		return a, err
	}
	last, _, err := s.readTotal(ctx, k)
	if err != nil {
		return a, err
	}
	if last.head.Epoch != at.head.Epoch {
		return a, fmt.Errorf("%w: another epoch has begun", errMoved)
	}
	a.Snapshot, a.Origin = g.snapshot(), at.origin
	return a, nil
}

// sources reads the refusals of sources, up to where these stand, and returns
// both, by name.
func (s *Store) sources(ctx context.Context, k keys, at sourcesAt) ([]leaderboard.Source, error) {
	sources := make([]leaderboard.Source, 0, len(at.stands))
	place := make(map[string]int, len(at.stands))
	for _, name := range slices.Sorted(maps.Keys(at.stands)) {
		src, err := at.stands[name].source(name)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", name, err)
		}
		place[name] = len(sources)
		sources = append(sources, src)
	}
	met := map[string]bool{}
	err := s.scan(ctx, k.refusals, func(name, list string) (err error) {
		met[name] = true
		i, ok := place[name]
		if !ok {
			return nil // its first event came later
		}
		if sources[i].Refused, err = readRefused(list, sources[i].Seq); err != nil {
			return fmt.Errorf("refusals of source %s: %w", name, err)
		}
		return nil
	})
	if err == nil && len(met) < at.refusing {
		err = fmt.Errorf("%w: the refusals of %d sources of %d", errMoved, len(met), at.refusing)
	}
	return sources, err
}

func (st stand) source(name string) (src leaderboard.Source, err error) {
	src.Name = name
	if st.seq != "" {
		src.Seq, err = parseUint(st.seq)
	}
	if err == nil && st.generation != "" {
		src.Generation, err = readCount([]any{st.generation})
	}
	return src, err
}
