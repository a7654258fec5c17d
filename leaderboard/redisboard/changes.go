package redisboard

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// logPage is how many entries of the changelog are read at once: 64 rows of
// 8 KiB each make half a megabyte an entry, and a page must fit into one call.
const logPage = 128

// Changes returns the changelog after a head, oldest first, empty if the head
// is current; leaderboard.ErrGone if it does not reach back, or the head is of
// another history, or an entry is damaged.
func (s *Store) Changes(ctx context.Context, board string, after leaderboard.Head) ([]leaderboard.Delta, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return nil, err
	}
	head, err := readHead(askHead(ctx, s.clients.Read, k))
	if err == nil && head == (leaderboard.Head{}) {
		err = leaderboard.ErrUnknownBoard
	}
	var deltas []leaderboard.Delta
	if err == nil {
		deltas, err = s.changes(ctx, board, k, after, head)
	}
	if err != nil {
		return nil, fmt.Errorf("changelog of board %s: %w", board, fault(err))
	}
	return deltas, nil
}

// changes reads the entries that lead from one head to another.
func (s *Store) changes(ctx context.Context, board string, k keys, after, head leaderboard.Head) ([]leaderboard.Delta, error) {
	t := tail{at: after, proved: after.Version == 0}
	switch {
	case after == head:
		return nil, nil
	case after.Epoch != head.Epoch || after.Version >= head.Version:
		return nil, leaderboard.ErrGone
	case t.proved && after.Chain != firstChain(after.Epoch):
		return nil, leaderboard.ErrGone
	}
	for start := streamID(after.Version); t.at.Version < head.Version; {
		page, err := s.clients.Read.XRangeN(ctx, k.log, start, streamID(head.Version), logPage).Result()
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			if err := t.take(m); err != nil {
				if errors.Is(err, errDamaged) { // which nobody else hears of: a snapshot heals it
					s.cfg.Logger.Error("entry of the changelog is damaged", "board", board, "entry", m.ID, "err", err)
				}
				return nil, err
			}
		}
		start = "(" + page[len(page)-1].ID
	}
	if t.at != head {
		return nil, leaderboard.ErrGone
	}
	return t.deltas, nil
}

// tail is the part of a changelog that follows a head.
type tail struct {
	at     leaderboard.Head // where the deltas lead
	proved bool             // at is of the changelog's history
	deltas []leaderboard.Delta
}

// take takes the next entry. The first one must be that which led to at, with
// its chain; each other must lead on from the one before.
func (t *tail) take(m redis.XMessage) error {
	e, err := readEntry(m)
	if err != nil {
		return fmt.Errorf("entry %s: %w: %w", m.ID, leaderboard.ErrGone, err)
	}
	at := strconv.FormatUint(t.at.Version, 10)
	if !t.proved {
		if t.proved = e.to == at && e.chain == t.at.Chain; !t.proved {
			return leaderboard.ErrGone
		}
		return nil
	}
	if e.from != at {
		return leaderboard.ErrGone
	}
	d, err := e.delta(t.at.Epoch, t.at.Chain)
	if err != nil {
		return fmt.Errorf("entry %s: %w: %w", m.ID, leaderboard.ErrGone, err)
	}
	t.deltas, t.at = append(t.deltas, d), d.Head()
	return nil
}

func streamID(version uint64) string { return strconv.FormatUint(version, 10) + "-0" }

func readEntry(m redis.XMessage) (entry, error) {
	to, ok := strings.CutSuffix(m.ID, "-0")
	e := entry{to: to}
	for name, field := range map[string]*string{"chain": &e.chain, "from": &e.from, "rows": &e.rows} {
		text, there := m.Values[name].(string)
		*field, ok = text, ok && there
	}
	e.rules, _ = m.Values["rules"].(string)
	if !ok {
		return e, fmt.Errorf("%w: a field is missing", errDamaged)
	}
	return e, nil
}
