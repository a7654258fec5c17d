package leaderboard

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// benchBoard is a replica of n members with 16-byte ids, made by score events
// in random order, and the numbers that a benchmark reads of it.
type benchBoard struct {
	replica *Replica
	reader  *Reader
	ids     []string
	rng     *rand.Rand
	version int64
}

// load says how the scores of a benchmark's board are spread.
type load struct {
	name   string
	scores int64 // distinct scores
	tie    bool  // ties differ
}

var loads = []load{
	{"spread", 1 << 40, true},
	{"scores100", 100, true},
	{"level100", 100, false}, // 10,000 of a million are level at each score
}

func (l load) score(rng *rand.Rand) float64 { return float64(rng.Int64N(l.scores)) }

func (b *benchBoard) entry(l load, i int) Entry {
	e := Entry{Member: b.ids[i], Score: l.score(b.rng)}
	if l.tie {
		b.version++
		e.Tie = b.version
	}
	return e
}

func newBenchBoard(l load, n int) *benchBoard {
	b := &benchBoard{rng: rand.New(rand.NewPCG(1, 2)), ids: make([]string, n)}
	for i := range b.ids {
		b.ids[i] = fmt.Sprintf("member-%09d", i)
	}
	b.replica = NewReplica(Snapshot{})
	b.reader = &b.replica.reader
	for _, i := range b.rng.Perm(n) {
		b.reader.put(b.entry(l, i))
	}
	for range n { // the fill of chunks after a long life, not of a fresh load
		b.reader.put(b.entry(l, b.rng.IntN(n)))
	}
	return b
}

// benchBoards are the boards made so far: a million members take longer to
// make than to measure.
var benchBoards = map[string]*benchBoard{}

// forBoards runs a benchmark on each load and size.
func forBoards(b *testing.B, run func(b *testing.B, board *benchBoard, l load)) {
	for _, l := range loads {
		for _, n := range []int{100_000, 1_000_000} {
			name := fmt.Sprintf("%s/%d", l.name, n)
			b.Run(name, func(b *testing.B) {
				board := benchBoards[name]
				if board == nil {
					board = newBenchBoard(l, n)
					benchBoards[name] = board
				}
				runtime.GC()
				b.ReportAllocs()
				b.ResetTimer()
				stop := reportCPU(b)
				run(b, board, l)
				stop()
			})
		}
	}
}

// BenchmarkIndexUpdate moves a random member to a random place: one delete and
// one insert.
func BenchmarkIndexUpdate(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, l load) {
		table, index := board.reader.table, board.reader.index
		n := len(board.ids)
		for b.Loop() {
			member := uint32(board.rng.IntN(n))
			index.delete(table.key(member, Desc))
			board.version++
			s := standing{score: l.score(board.rng), tie: board.version}
			if !l.tie {
				s.tie = 0
			}
			table.standings.set(member, s)
			index.insert(table.key(member, Desc))
		}
	})
}

// BenchmarkIndexRank asks for the ranks of random members by number.
func BenchmarkIndexRank(b *testing.B) {
	for _, scheme := range []Scheme{Competition, Dense, Ordinal} {
		b.Run(string(scheme), func(b *testing.B) {
			forBoards(b, func(b *testing.B, board *benchBoard, _ load) {
				n := len(board.ids)
				for b.Loop() {
					member := uint32(board.rng.IntN(n))
					board.reader.rank(board.reader.key(member), scheme)
				}
			})
		})
	}
}

// BenchmarkIndexTop100 reads the keys of the best 100.
func BenchmarkIndexTop100(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, _ load) {
		var top [100]rankKey
		for b.Loop() {
			i := 0
			for k := range board.reader.index.from(0) {
				top[i] = k
				if i++; i == len(top) {
					break
				}
			}
		}
	})
}

// BenchmarkReplicaUpdate applies a member's new score, id to place.
func BenchmarkReplicaUpdate(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, l load) {
		for b.Loop() {
			board.reader.put(board.entry(l, board.rng.IntN(len(board.ids))))
		}
	})
}

// BenchmarkReplicaRank is the question of a "my rank" session, in one look.
func BenchmarkReplicaRank(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, _ load) {
		board.replica.Read(func(r *Reader) {
			for b.Loop() {
				r.Rank(board.ids[board.rng.IntN(len(board.ids))], Competition)
			}
		})
	})
}

// BenchmarkReplicaTop100 builds the page of a projector.
func BenchmarkReplicaTop100(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, _ load) {
		for b.Loop() {
			board.replica.Read(func(r *Reader) { r.Page(0, 100, "") })
		}
	})
}

// BenchmarkReplicaLoad makes a replica of a snapshot.
func BenchmarkReplicaLoad(b *testing.B) {
	forBoards(b, func(b *testing.B, board *benchBoard, _ load) {
		entries := make([]Entry, 0, len(board.ids))
		for _, row := range board.reader.Page(0, len(board.ids), "") {
			entries = append(entries, row.Entry)
		}
		board.rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		snapshot := Snapshot{Entries: func(yield func(Entry) bool) {
			for _, e := range entries {
				if !yield(e) {
					return
				}
			}
		}}
		for b.Loop() {
			NewReplica(snapshot)
		}
	})
}
