package redisboard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

const (
	snapshotPage  = 1000 // entries: less than a millisecond of Redis
	snapshotTries = 3
)

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
	for range snapshotTries {
		var snap leaderboard.Snapshot
		start := time.Now()
		snap, err = s.snapshot(ctx, board, k)
		if err == nil || errors.Is(err, leaderboard.ErrGone) {
			s.noteSnapshot(ctx, k, snap.Head.Epoch, time.Since(start))
		}
		if err == nil {
			return snap, nil
		}
		if !errors.Is(err, leaderboard.ErrGone) && !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, leaderboard.ErrGone) { // which callers take for a question of theirs
		err = fmt.Errorf("%d times the changelog was cut, or the board made anew, before the pages were read: %w", snapshotTries, leaderboard.ErrUnavailable)
	}
	return leaderboard.Snapshot{}, fmt.Errorf("snapshot of board %s: %w", board, fault(err))
}

// snapshot is one try. Its Head has the epoch also when it fails.
func (s *Store) snapshot(ctx context.Context, board string, k keys) (snap leaderboard.Snapshot, err error) {
	first, total, err := s.readTotal(ctx, k)
	if err != nil {
		return snap, err
	}
	snap.Head, snap.Rules = first.head, first.rules
	entries := make(map[string]leaderboard.Entry, total)
	seen := map[leaderboard.Head]bool{first.head: true}
	for cursor := uint64(0); ; {
		if cursor, err = s.page(ctx, k, cursor, entries, seen); err != nil {
			return snap, err
		}
		s.cfg.Progress(board, len(entries), total)
		if cursor == 0 {
			break
		}
	}
	last, total, err := s.readTotal(ctx, k)
	if err != nil {
		return snap, err
	}
	deltas, err := s.changes(ctx, board, k, first.head, last.head)
	if err != nil {
		return snap, err
	}
	if !leads(first.head, deltas, seen) {
		return snap, fmt.Errorf("%w: some are of another history", errMoved)
	}
	fold(entries, deltas)
	// Nobody stands in entries who is not on the board at last: either all are
	// there, or some are missing, as when a scan goes on at another server.
	if len(entries) != total {
		return snap, fmt.Errorf("%w: %d entries of %d", errMoved, len(entries), total)
	}
	return leaderboard.Snapshot{Head: last.head, Rules: last.rules, Total: total, Entries: maps.Values(entries)}, nil
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

// page reads one page into entries, notes the heads between which it was read,
// and returns the cursor of the next. Pages may repeat members.
func (s *Store) page(ctx context.Context, k keys, cursor uint64, entries map[string]leaderboard.Entry, seen map[leaderboard.Head]bool) (uint64, error) {
	start := time.Now()
	var before, after *redis.SliceCmd
	var scan *redis.ScanCmd
	_, err := s.clients.Read.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		before = askHead(ctx, pipe, k)
		scan = pipe.HScan(ctx, k.rows, cursor, "", snapshotPage)
		after = askHead(ctx, pipe, k)
		return nil
	})
	s.cfg.Observe("page", time.Since(start), 0)
	if err != nil {
		return 0, err
	}
	for _, cmd := range []*redis.SliceCmd{before, after} {
		at, err := readHead(cmd)
		if err != nil {
			return 0, err
		}
		seen[at] = true
	}
	page, next := scan.Val()
	for pair := range slices.Chunk(page, 2) {
		e := leaderboard.Entry{Member: pair[0]}
		if len(pair) != 2 {
			return 0, fmt.Errorf("%w: a member without a row", errDamaged)
		}
		if err := readRow(&e, pair[1]); err != nil {
			return 0, fmt.Errorf("row of %.200q: %w", e.Member, err)
		}
		entries[e.Member] = e
	}
	return next, nil
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
