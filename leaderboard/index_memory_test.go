package leaderboard

import (
	"fmt"
	"runtime"
	"testing"
)

// BenchmarkMemory reports the heap that a member costs after as many random
// moves as members: index/B the order alone, replica/B all, ids of 16 bytes and
// no details.
func BenchmarkMemory(b *testing.B) {
	for _, l := range loads {
		for _, n := range []int{100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/%d", l.name, n), func(b *testing.B) {
				for b.Loop() {
					board := newBenchBoard(l, n)
					full := heapBytes()
					board.reader.index = nil
					bare := heapBytes()
					board.reader.table = nil
					none := heapBytes()
					b.ReportMetric((full-bare)/float64(n), "index-B/member")
					b.ReportMetric((full-none)/float64(n), "replica-B/member")
					runtime.KeepAlive(board)
				}
			})
		}
	}
}

// heapBytes returns the live bytes of the heap.
func heapBytes() float64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc)
}
