package redisboard

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// A page of the changelog must come within one call's time. An entry may have
// half a megabyte, 64 rows of 8 KiB each; most have a few hundred bytes. With
// what the script adds, a page has at most 5 MB.
const (
	logPageBytes   = 1 << 20
	logPageEntries = 1000
)

//go:embed scripts/changes.lua
var changesLua string

var changesScript = script{redis.NewScript(changesLua), "changes"}

// Changes returns the changelog after a head, oldest first, empty if the head
// is current; after the zero Head, from where the changelog begins.
// leaderboard.ErrGone if it does not reach back, or the head is of another
// history; leaderboard.ErrDamaged too, and the log says so, if an entry is not
// what a script wrote: its content must fit its chain.
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
	switch {
	case after == head:
		return nil, nil
	case after == (leaderboard.Head{}):
		return s.allChanges(ctx, board, k, head)
	case after.Epoch != head.Epoch || after.Version >= head.Version:
		return nil, leaderboard.ErrGone
	}
	t := tail{at: after}
	start := streamID(after.Version)
	if after.Chain == firstChain(after.Epoch) { // no entry led there, or one of the epoch before
		t.proved, start = true, "("+start
	}
	if err := s.eachEntry(ctx, board, k, start, head.Version, t.take); err != nil {
		return nil, err
	}
	if t.at != head {
		return nil, leaderboard.ErrGone
	}
	return t.deltas, nil
}

// eachEntry gives the entries from an id to a version to take, until it fails.
func (s *Store) eachEntry(ctx context.Context, board string, k keys, start string, to uint64, take func(redis.XMessage) error) error {
	for {
		page, err := s.logPage(ctx, k, start, streamID(to))
		if err != nil {
			return err
		}
		for _, m := range page {
			if err := take(m); err != nil {
				return s.told(board, err)
			}
		}
		if len(page) == 0 || page[len(page)-1].ID == streamID(to) {
			return nil
		}
		start = "(" + page[len(page)-1].ID
	}
}

// told tells the log of a damaged entry, of which nobody else hears: a snapshot
// heals it.
func (s *Store) told(board string, err error) error {
	if errors.Is(err, errDamaged) {
		s.cfg.Logger.Error("changelog is damaged", "board", board, "err", err)
	}
	return err
}

// logPage reads the next entries of the changelog, none if there are none.
func (s *Store) logPage(ctx context.Context, k keys, from, to string) ([]redis.XMessage, error) {
	r, err := s.once(ctx, s.clients.Read, changesScript, 0, []string{k.log}, []any{from, to, logPageBytes, logPageEntries})
	if err != nil {
		return nil, err
	}
	page := make([]redis.XMessage, 0, len(r.list))
	for !r.empty() {
		m := r.sub()
		id, fields := m.text(), m.sub()
		values := make(map[string]any, len(fields.list)/2)
		for !fields.empty() {
			name := fields.text()
			values[name] = fields.text()
		}
		if err := errors.Join(m.err, fields.err); err != nil {
			return nil, err
		}
		page = append(page, redis.XMessage{ID: id, Values: values})
	}
	return page, r.err
}

// sub is a list within the answer.
func (r *reply) sub() reply {
	list, ok := r.next().([]any)
	if !ok {
		r.fail("has no list where one should be")
	}
	return reply{script: r.script, list: list}
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
		return e, damagedEntry{m.ID, fmt.Errorf("%w: a field is missing", errDamaged)}
	}
	return e, nil
}
