package redisboard

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

//go:embed scripts/check.lua
var checkLua string

var checkScript = script{redis.NewScript(checkLua), "check"}

// Bounds of one call of scripts/check.lua: a millisecond or two.
const (
	checkPage = 1000
	checkTold = 20 // faults
)

// Check compares every member of the sorted set with its row, a thousand in one
// step, by score: leaderboard.ErrDamaged names up to 20 where they differ, and
// says if the two do not hold as many. It takes a few seconds for a million
// members. Who moves from one thousand to another between two steps may be left
// out: what he has was written then.
func (s *Store) Check(ctx context.Context, board string) error {
	k, err := s.keysOf(board)
	if err != nil {
		return err
	}
	var faults []error
	for from, more := 0, true; more && err == nil && len(faults) < checkTold; from += checkPage {
		faults, more, err = s.checkPage(ctx, k, from, faults)
	}
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%w: %w", leaderboard.ErrDamaged, errors.Join(faults...))
	}
	if err != nil {
		return fmt.Errorf("check of board %s: %w", board, err)
	}
	return nil
}

// checkPage adds the faults of one page.
func (s *Store) checkPage(ctx context.Context, k keys, from int, faults []error) (_ []error, more bool, err error) {
	r, err := s.once(ctx, s.clients.Read, checkScript, 0, []string{k.head, k.scores, k.rows}, []any{from, checkPage, checkTold - len(faults)})
	switch {
	case err != nil && strings.Contains(err.Error(), "WRONGTYPE"):
		return nil, false, fmt.Errorf("%w: a key is of another type", leaderboard.ErrDamaged)
	case err != nil:
		return nil, false, fault(err)
	case r.empty():
		return nil, false, leaderboard.ErrUnknownBoard
	}
	scores, rows := r.int(), r.int()
	if from == 0 && scores != rows {
		faults = append(faults, fmt.Errorf("%d members have scores, %d have rows", scores, rows))
	}
	for !r.empty() {
		e := leaderboard.Entry{Member: r.text()}
		err := readScored(&e, r.text(), r.next())
		if err == nil {
			err = errors.New("its row is cut")
		}
		faults = append(faults, fmt.Errorf("%.200q: %w", e.Member, err))
	}
	return faults, int64(from+checkPage) < scores, r.err
}
