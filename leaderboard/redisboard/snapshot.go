package redisboard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

const snapshotTries = 3

// errMoved means that entries are missing: the server changed during the scan.
var errMoved = errors.New("the pages do not make up the board")

// Snapshot returns the board as it is at one head, while writes go on: it reads
// the entries in pages, each as it is then, and lays over them the changelog
// from the head before the first page to one after the last. Every row of the
// changelog is absolute, so that it does not matter which pages had seen it. The
// head at each page must lie on that way: a page read before a failover may hold
// what the failover forgot.
func (s *Store) Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.Snapshot{}, err
	}
	var g gathered
	err = s.steadily(ctx, k, func() (string, error) {
		g, err = s.gather(ctx, board, k)
		return g.head.Epoch, err
	})
	if err != nil {
		return leaderboard.Snapshot{}, fmt.Errorf("snapshot of board %s: %w", board, err)
	}
	return g.snapshot(), nil
}

// steadily makes a try at reading a whole board, and another when the board was
// not the same throughout. A try returns the epoch that it read, if it knows.
func (s *Store) steadily(ctx context.Context, k keys, try func() (epoch string, err error)) (err error) {
	for range snapshotTries {
		var epoch string
		start := time.Now()
		epoch, err = try()
		if err == nil || errors.Is(err, leaderboard.ErrGone) {
			s.noteSnapshot(ctx, k, epoch, time.Since(start))
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, leaderboard.ErrGone) && !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, leaderboard.ErrGone) { // which callers take for a question of theirs
		err = fmt.Errorf("%d times the changelog was cut, or the board made anew, before the pages were read: %w", snapshotTries, leaderboard.ErrUnavailable)
	}
	return fault(err)
}

// gathered is a whole board at one head.
type gathered struct {
	headAndRules
	entries map[string]leaderboard.Entry
}

func (g *gathered) snapshot() leaderboard.Snapshot {
	return leaderboard.Snapshot{Head: g.head, Rules: g.rules, Total: len(g.entries), Entries: maps.Values(g.entries)}
}

// gather is one try. Its head has the epoch also when it fails.
func (s *Store) gather(ctx context.Context, board string, k keys) (g gathered, err error) {
	first, total, err := s.readTotal(ctx, k)
	if err != nil {
		return g, err
	}
	g.headAndRules, g.entries = first, make(map[string]leaderboard.Entry, total)
	seen := map[leaderboard.Head]bool{first.head: true}
	for p := (page{size: firstPage}); ; {
		if err := s.page(ctx, k, &p, g.entries, seen); err != nil {
			return g, err
		}
		s.cfg.Progress(board, len(g.entries), total)
		if p.cursor == 0 {
			break
		}
	}
	last, total, err := s.readTotal(ctx, k)
	if err != nil {
		return g, err
	}
	deltas, err := s.changes(ctx, board, k, first.head, last.head)
	if err != nil {
		return g, err
	}
	if !leads(first.head, deltas, seen) {
		return g, fmt.Errorf("%w: some are of another history", errMoved)
	}
	fold(g.entries, deltas)
	// Nobody stands in entries who is not on the board at last: either all are
	// there, or some are missing, as when a scan goes on at another server.
	if len(g.entries) != total {
		return g, fmt.Errorf("%w: %d entries of %d", errMoved, len(g.entries), total)
	}
	g.headAndRules = last
	return g, nil
}

type headAndRules struct {
	head  leaderboard.Head
	rules leaderboard.Rules
}

// readTotal reads head, rules and number of entries at one moment: with the
// same head before and after. A transaction would say so too, but a full Redis
// refuses even those that only read.
func (s *Store) readTotal(ctx context.Context, k keys) (at headAndRules, total int, err error) {
	var board, after *redis.SliceCmd
	var card *redis.IntCmd
	for ctx.Err() == nil {
		_, err = s.clients.Read.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			board = pipe.HMGet(ctx, k.head, "epoch", "version", "chain", "rules")
			card = pipe.ZCard(ctx, k.scores)
			after = askHead(ctx, pipe, k)
			return nil
		})
		if err != nil {
			return at, 0, err
		}
		if at.head, at.rules, err = readBoard(board); err != nil {
			return at, 0, err
		}
		if at.head == (leaderboard.Head{}) {
			return at, 0, leaderboard.ErrUnknownBoard
		}
		if head, err := readHead(after); err != nil || head == at.head {
			return at, int(card.Val()), err
		}
	}
	return at, 0, ctx.Err()
}

// leads reports whether the way from a head along deltas goes by all of heads.
func leads(from leaderboard.Head, deltas []leaderboard.Delta, heads map[leaderboard.Head]bool) bool {
	met := 0
	if heads[from] {
		met++
	}
	for _, d := range deltas {
		if heads[d.Head()] {
			met++
		}
	}
	return met == len(heads)
}

// fold lays deltas over entries.
func fold(entries map[string]leaderboard.Entry, deltas []leaderboard.Delta) {
	for _, d := range deltas {
		for _, row := range d.Rows {
			if row.Removed {
				delete(entries, row.Member)
			} else {
				entries[row.Member] = row.Entry
			}
		}
	}
}

// noteSnapshot tells how long a snapshot takes, for which the changelog must
// reach back. A note that is lost costs nothing but another try later.
func (s *Store) noteSnapshot(ctx context.Context, k keys, epoch string, took time.Duration) {
	if _, err := s.once(ctx, s.clients.Write, lastedScript, 0, []string{k.head}, []any{epoch, took.Microseconds()}); err != nil {
		s.cfg.Logger.Warn("duration of a snapshot not noted", "err", err)
	}
}
