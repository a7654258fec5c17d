package redisboard_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// What is younger than ChangelogKeep stays, what is twice as old goes; Redis
// cuts whole nodes of its stream, so that some older entries stay with them.
func TestTheChangelogIsKeptForItsTime(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := newStore(t, redistest.Start(t), redisboard.Config{ChangelogKeep: time.Minute, Now: func() time.Time { return now }})
	heads := []leaderboard.Head{mustPut(t, s, board, leaderboard.Rules{}).Head}
	for seq := uint64(1); seq <= 1000; seq++ {
		now = now.Add(time.Second)
		heads = append(heads, mustApply(t, s, add("s", seq, "m", 1)).Head)
		if last := len(heads) - 1; last > 60 {
			if _, err := s.Changes(ctx, board, heads[last-60]); err != nil {
				t.Fatalf("at second %d the changelog does not reach back a minute: %v", seq, err)
			}
		}
	}
	if _, err := s.Changes(ctx, board, heads[len(heads)-1-90-100]); !errors.Is(err, leaderboard.ErrGone) {
		t.Errorf("after a head of three minutes ago: %v", err)
	}
}

// A head of another history is not taken for damage, of which the log tells.
func TestAForeignHeadIsNotDamage(t *testing.T) {
	var log bytes.Buffer
	s := newStore(t, redistest.Start(t), redisboard.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	mustPut(t, s, board, leaderboard.Rules{})
	head := mustApply(t, s, add("s", 1, "m", 1)).Head
	mustApply(t, s, add("s", 2, "m", 1))
	head.Chain = "another"
	if _, err := s.Changes(ctx, board, head); !errors.Is(err, leaderboard.ErrGone) || log.Len() > 0 {
		t.Errorf("err %v, log %s", err, log.String())
	}
}
