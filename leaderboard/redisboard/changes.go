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
	switch {
	case after == head:
		return nil, nil
	case after.Epoch != head.Epoch || after.Version >= head.Version:
		return nil, leaderboard.ErrGone
	}
	t := tail{at: after}
	start := streamID(after.Version)
	if after.Chain == firstChain(after.Epoch) { // no entry led there, or one of the epoch before
		t.proved, start = true, "("+start
	}
	for t.at.Version < head.Version {
		page, err := s.logPage(ctx, k, start, streamID(head.Version))
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
