package pebbleboard_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
)

// BenchmarkApply measures events acknowledged after fsync: senders push
// batches of 64 to some boards, each waiting for its answer.
func BenchmarkApply(b *testing.B) {
	for _, bc := range []struct{ boards, senders int }{{1, 1}, {1, 8}, {8, 1}, {8, 8}} {
		b.Run(fmt.Sprintf("boards=%d/senders=%d", bc.boards, bc.senders), func(b *testing.B) {
			s := newStore(b, pebbleboard.Config{Dir: b.TempDir()})
			for i := range bc.boards {
				if _, _, _, err := s.Put(context.Background(), fmt.Sprint("b", i), leaderboard.Rules{}); err != nil {
					b.Fatal(err)
				}
			}
			const size = 64
			all := bc.boards * bc.senders
			b.ReportAllocs()
			b.ResetTimer()
			var senders sync.WaitGroup
			for n := range all {
				senders.Go(func() { pushBatches(b, s, n, bc.boards, b.N/all+1, size) })
			}
			senders.Wait()
			events := float64((b.N/all + 1) * all * size)
			b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// pushBatches is one sender with a source of its own.
func pushBatches(tb testing.TB, s *pebbleboard.Store, n, boards, batches, size int) {
	board, source, seq := fmt.Sprint("b", n%boards), fmt.Sprint("s", n), uint64(0)
	members := make([]string, 5000)
	for i := range members {
		members[i] = fmt.Sprintf("member-%08d", i)
	}
	batch := make([]leaderboard.Event, size)
	for range batches {
		for i := range batch {
			seq++
			batch[i] = leaderboard.Event{Member: members[(seq*7919)%5000], Op: leaderboard.Incr, Score: 1, Source: source, Seq: seq}
		}
		if _, err := s.Apply(context.Background(), board, batch, ""); err != nil {
			tb.Error(err)
			return
		}
	}
}
