package redisboard_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// Scores stand in the sorted set, which adds, and in the rows, which are read:
// whatever is applied or refused, both hold the same.
func TestTheSortedSetHoldsTheScoresOfTheRows(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	rng, seq := rand.New(rand.NewPCG(5, 6)), uint64(0)
	ops := []leaderboard.Op{leaderboard.Set, leaderboard.Incr, leaderboard.Incr, leaderboard.Best, leaderboard.Remove, leaderboard.Patch}
	scores := []float64{0, 1, -1, 0.1, 1e6, 1e15, 1e-7, leaderboard.MaxScore, -leaderboard.MaxScore}
	refused := map[string]int{}
	for range 200 {
		batch := make([]leaderboard.Event, redisboard.MaxBatch)
		for i := range batch {
			seq++
			batch[i] = add("s", seq, fmt.Sprint("m", rng.IntN(20)), scores[rng.IntN(len(scores))])
			batch[i].Op = ops[rng.IntN(len(ops))]
			if rng.IntN(4) == 0 {
				batch[i].Cells = leaderboard.Cells{fmt.Sprint("c", rng.IntN(3)): make([]byte, 1+rng.IntN(5000))}
			}
		}
		for _, res := range mustApply(t, s, batch...).Results {
			if res.Refusal != nil {
				refused[res.Refusal.Code]++
			}
		}
		_, entries := mustRead(t, s)
		set, err := server.Clients().Read.ZRangeWithScores(ctx, cfg.Prefix+":{b:b}:z", 0, -1).Result()
		if err != nil || len(set) != len(entries) {
			t.Fatalf("%d in the sorted set, %d rows, %v", len(set), len(entries), err)
		}
		for _, z := range set {
			if e, ok := entries[z.Member.(string)]; !ok || e.Score != z.Score {
				t.Fatalf("%v has %v in the sorted set, its row is %+v", z.Member, z.Score, e)
			}
		}
	}
	if refused[leaderboard.CodeOutOfRange] == 0 || refused[leaderboard.CodeBadCells] == 0 {
		t.Errorf("the walk did not meet everything: %v", refused)
	}
}
