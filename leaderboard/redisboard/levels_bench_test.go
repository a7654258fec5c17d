package redisboard_test

import (
	"fmt"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// BenchmarkLevels measures what each level of acknowledgement costs one board's
// caller: a batch after the other, each on a server that proves the level: one
// without persistence, one that fsyncs before it answers, one with a replica on
// the same machine, one with both.
func BenchmarkLevels(b *testing.B) {
	fsync := []string{"--appendonly", "yes", "--appendfsync", "always"}
	servers := map[leaderboard.Level]func() *redistest.Server{
		leaderboard.LevelMemory:  func() *redistest.Server { return redistest.Start(b) },
		leaderboard.LevelDisk:    func() *redistest.Server { return redistest.Start(b, fsync...) },
		leaderboard.LevelReplica: func() *redistest.Server { primary, _ := startPair(b); return primary },
		leaderboard.LevelBoth:    func() *redistest.Server { primary, _ := startPair(b, fsync...); return primary },
	}
	for _, level := range []leaderboard.Level{leaderboard.LevelMemory, leaderboard.LevelDisk, leaderboard.LevelReplica, leaderboard.LevelBoth} {
		clients := servers[level]().Clients()
		store := redisboard.New(clients, redisboard.Config{})
		load := newLoad(b, store, clients.Write, 10_000)
		until(b, "a first proof", func() bool {
			at, err := store.Prove(ctx, board, nil, level)
			return err == nil && at.Proof.Level == level
		})
		for _, size := range []int{1, redisboard.MaxBatch} {
			b.Run(fmt.Sprintf("level=%s/batch=%d", level, size), func(b *testing.B) {
				batch := make([]leaderboard.Event, size)
				b.ReportAllocs()
				for b.Loop() {
					for i := range batch {
						member, by := load.pick()
						batch[i] = load.event(leaderboard.Incr, member, by)
					}
					out, err := store.Apply(ctx, board, batch, level)
					if err != nil || out.Proof.Level != level {
						b.Fatal(out.Proof, err)
					}
				}
			})
		}
	}
}
