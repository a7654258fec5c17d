package redisboard

import (
	"context"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// whole gathers the changelog from where it begins: the beginning of the epoch,
// if that is in it, else after its oldest entry, as the chain before that one is
// not known. Entries of epochs before are passed over.
type whole struct {
	tail
	epoch string
	odd   error // why the last entry did not follow; an epoch that begins later explains it
}

func (s *Store) allChanges(ctx context.Context, board string, k keys, head leaderboard.Head) ([]leaderboard.Delta, error) {
	w := whole{epoch: head.Epoch}
	if head.Chain == firstChain(head.Epoch) {
		return nil, nil
	}
	err := s.eachEntry(ctx, board, k, "-", head.Version, w.take)
	if err == nil {
		err = s.told(board, w.odd)
	}
	switch {
	case err != nil:
		return nil, err
	case !w.proved: // there are no entries
		return nil, nil
	case w.at != head:
		return nil, leaderboard.ErrGone
	}
	return w.deltas, nil
}

func (w *whole) take(m redis.XMessage) error {
	e, err := readEntry(m)
	if err != nil {
		return err
	}
	first := firstChain(w.epoch)
	switch begins := e.chain == nextChain(first, e); {
	case begins || !w.proved:
		version, chain := e.to, e.chain
		if begins {
			version, chain = e.from, first
		}
		v, err := parseUint(version)
		if err != nil {
			return damagedEntry{m.ID, err}
		}
		w.tail, w.odd = tail{at: leaderboard.Head{Epoch: w.epoch, Version: v, Chain: chain}, proved: true}, nil
		if begins {
			return w.tail.take(m)
		}
	case w.odd == nil:
		w.odd = w.tail.take(m)
	}
	return nil
}
