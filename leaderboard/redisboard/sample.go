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

//go:embed scripts/sample.lua
var sampleLua string

var sampleScript = script{redis.NewScript(sampleLua), "sample"}

const sampleSize = 100

// Sample returns the best 100 by the sorted set, with their rows, as they are at
// one head; which of those with the last score, if there are more, is open. It
// is leaderboard.ErrDamaged if the sorted set and the rows do not hold as many
// members, or one of those 100 has no row, or another score in it.
func (s *Store) Sample(ctx context.Context, board string) (leaderboard.Sample, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return leaderboard.Sample{}, err
	}
	r, err := s.once(ctx, s.clients.Read, sampleScript, 0, []string{k.head, k.scores, k.rows}, []any{sampleSize})
	switch {
	case err != nil && strings.Contains(err.Error(), "WRONGTYPE"):
		err = fmt.Errorf("%w: a key is of another type", leaderboard.ErrDamaged)
	case err != nil:
		err = fault(err)
	case r.empty():
		err = leaderboard.ErrUnknownBoard
	}
	var sample leaderboard.Sample
	if err == nil {
		sample, err = r.sample()
	}
	if err != nil {
		return leaderboard.Sample{}, fmt.Errorf("sample of board %s: %w", board, err)
	}
	return sample, nil
}

// sample reads what scripts/sample.lua returns of a board.
func (r *reply) sample() (sample leaderboard.Sample, err error) {
	sample.Head = leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()}
	order := leaderboard.Order(r.text())
	scores, rows := r.int(), r.int()
	sample.Total = int(scores)
	switch {
	case r.err != nil:
		return sample, fmt.Errorf("%w: head: %w", leaderboard.ErrDamaged, r.err)
	case order != leaderboard.Desc && order != leaderboard.Asc:
		return sample, fmt.Errorf("%w: order %.80q", leaderboard.ErrDamaged, order)
	case scores != rows:
		return sample, fmt.Errorf("%w: %d members have scores, %d have rows", leaderboard.ErrDamaged, scores, rows)
	}
	for !r.empty() {
		e := leaderboard.Entry{Member: r.text()}
		if err := readScored(&e, r.text(), r.next()); err != nil {
			return sample, fmt.Errorf("%w: %.200q: %w", leaderboard.ErrDamaged, e.Member, err)
		}
		sample.Entries = append(sample.Entries, e)
	}
	return sample, r.err
}

// readScored reads a row, which must hold the score that the sorted set has.
func readScored(e *leaderboard.Entry, score string, row any) error {
	text, ok := row.(string)
	if !ok {
		return errors.New("it has a score but no row")
	}
	if err := readRow(e, text); err != nil {
		return err
	}
	if v, err := strconv.ParseFloat(score, 64); err != nil || v != e.Score {
		return fmt.Errorf("its score is %.80s, in its row %v", score, e.Score)
	}
	return nil
}
