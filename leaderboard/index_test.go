package leaderboard

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// wantIndex checks all that the index keeps against keys, which are sorted.
func wantIndex(t testing.TB, x *rankIndex, keys []rankKey) {
	t.Helper()
	if x.size != len(keys) {
		t.Fatalf("size %d, want %d", x.size, len(keys))
	}
	if got := slices.Collect(x.from(0)); !slices.Equal(got, keys) {
		t.Fatalf("order differs from the sorted slice of %d keys", len(keys))
	}
	keysBefore, startsBefore := 0, 0
	for ci, count := range x.chunks {
		if count.keys < 1 || count.keys > chunkCap {
			t.Fatalf("chunk %d holds %d keys", ci, count.keys)
		}
		if x.firsts.key(ci) != x.chunks[ci].key(0) {
			t.Fatalf("chunk %d begins with another key than the directory says", ci)
		}
		if k, s := x.tree.before(ci); k != keysBefore || s != startsBefore {
			t.Fatalf("before chunk %d: %d keys, %d starts, want %d, %d", ci, k, s, keysBefore, startsBefore)
		}
		keysBefore, startsBefore = keysBefore+int(count.keys), startsBefore+int(count.starts)
	}
	ahead, distinct := 0, 0
	for i, k := range keys {
		if i > 0 && !k.levelWith(keys[i-1]) {
			ahead, distinct = i, distinct+1
		}
		if got := x.ahead(k); got != ahead {
			t.Fatalf("ahead of position %d: %d, want %d", i, got, ahead)
		}
		if got := x.distinctAhead(k); got != distinct {
			t.Fatalf("distinct ahead of position %d: %d, want %d", i, got, distinct)
		}
		if got := x.position(k); got != i {
			t.Fatalf("position %d, want %d", got, i)
		}
	}
}

// newNumberedIDs numbers n ids whose byte order is not their number's.
func newNumberedIDs(n int) *memberIDs {
	ids := newMemberIDs()
	for i := range n {
		ids.add(fmt.Sprintf("%d", i*7919%n))
	}
	return ids
}

// indexModel is an index beside the sorted slice it must equal.
type indexModel struct {
	index *rankIndex
	keys  []rankKey
	at    map[uint32]rankKey
}

func newIndexModel(ids *memberIDs) *indexModel {
	return &indexModel{index: newRankIndex(ids, nil), at: map[uint32]rankKey{}}
}

func (m *indexModel) compare(a, b rankKey) int {
	ids := m.index.ids
	return cmp.Or(
		cmp.Compare(a.score, b.score),
		cmp.Compare(a.tie, b.tie),
		cmp.Compare(ids.id(a.member), ids.id(b.member)),
	)
}

func (m *indexModel) delete(t testing.TB, member uint32) {
	k, known := m.at[member]
	if !known {
		return
	}
	if !m.index.delete(k) {
		t.Fatalf("delete did not find %v", k)
	}
	i, _ := slices.BinarySearchFunc(m.keys, k, m.compare)
	m.keys = slices.Delete(m.keys, i, i+1)
	delete(m.at, member)
}

func (m *indexModel) put(t testing.TB, k rankKey) {
	m.delete(t, k.member)
	m.index.insert(k)
	i, _ := slices.BinarySearchFunc(m.keys, k, m.compare)
	m.keys = slices.Insert(m.keys, i, k)
	m.at[k.member] = k
}

func TestIndexEqualsSortedSlice(t *testing.T) {
	const members, steps = 3000, 30_000
	for _, spread := range []struct{ scores, ties int64 }{
		{1, 1}, {2, 1}, {3, 50}, {100, 1}, {100, 100}, {1 << 40, 1 << 40},
	} {
		t.Run(fmt.Sprintf("%d scores, %d ties", spread.scores, spread.ties), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, uint64(spread.scores)))
			m := newIndexModel(newNumberedIDs(members))
			for step := range steps {
				member := uint32(rng.IntN(members))
				// A third grows the board, a third keeps it, a third shrinks it.
				if rng.IntN(steps) < max(step-steps/3, steps/10) {
					m.delete(t, member)
				} else {
					m.put(t, rankKey{uint64(rng.Int64N(spread.scores)), rng.Int64N(spread.ties), member})
				}
				if step%2500 == 0 {
					wantIndex(t, m.index, m.keys)
				}
			}
			wantIndex(t, m.index, m.keys)
			wantIndex(t, newRankIndex(m.index.ids, slices.Collect(m.index.from(0))), m.keys)
		})
	}
}

func TestIndexTakesInsertsInAnyDirection(t *testing.T) {
	const members = 5000
	for name, score := range map[string]func(i int) int{
		"best last":   func(i int) int { return members - i },
		"best first":  func(i int) int { return i },
		"inwards":     func(i int) int { return (i%2*2-1)*(members-i) + members },
		"outwards":    func(i int) int { return (i%2*2-1)*i + members },
		"one by one":  func(int) int { return 0 },
		"middle slot": func(i int) int { return min(i, 2) * 7 % 5 },
	} {
		t.Run(name, func(t *testing.T) {
			m := newIndexModel(newNumberedIDs(members))
			for i := range members {
				m.put(t, rankKey{score: uint64(score(i)), member: uint32(i)})
			}
			wantIndex(t, m.index, m.keys)
			for i := range members {
				m.delete(t, uint32(i))
				if i%1000 == 0 {
					wantIndex(t, m.index, m.keys)
				}
			}
			if m.index.size != 0 || len(m.index.chunks) != 0 {
				t.Fatalf("%d keys, %d chunks left after deleting all", m.index.size, len(m.index.chunks))
			}
		})
	}
}

func TestIndexKeepsChunksFilled(t *testing.T) {
	const members = 100_000
	for name, score := range map[string]func(i int, rng *rand.Rand) uint64{
		"random":                  func(_ int, rng *rand.Rand) uint64 { return rng.Uint64() },
		"in order":                func(i int, _ *rand.Rand) uint64 { return uint64(i) },
		"backward":                func(i int, _ *rand.Rand) uint64 { return uint64(members - i) },
		"in order at many places": func(i int, _ *rand.Rand) uint64 { return uint64(i%100*members + i) },
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			x := newRankIndex(newNumberedIDs(members), nil)
			keys := make([]rankKey, members)
			for i := range keys {
				keys[i] = rankKey{score: score(i, rng), member: uint32(i)}
				x.insert(keys[i])
			}
			wantFill(t, x, 0.75)
			for range 3 * members {
				i := rng.IntN(members)
				x.delete(keys[i])
				keys[i].score = rng.Uint64()
				x.insert(keys[i])
			}
			wantFill(t, x, 0.70)
		})
	}
}

func wantFill(t *testing.T, x *rankIndex, least float64) {
	t.Helper()
	fill := float64(x.size) / float64(len(x.chunks)*chunkCap)
	t.Logf("fill %.3f", fill)
	if fill < least {
		t.Errorf("chunks are %.2f full, want %.2f", fill, least)
	}
}

func TestIndexDeleteOfAbsentKeyChangesNothing(t *testing.T) {
	m := newIndexModel(newNumberedIDs(3))
	if m.index.delete(rankKey{}) {
		t.Error("deleted from an empty index")
	}
	m.put(t, rankKey{score: 1, member: 0})
	m.put(t, rankKey{score: 1, member: 1})
	for _, k := range []rankKey{{score: 1, member: 2}, {score: 0, member: 0}, {score: 1, tie: 1, member: 1}} {
		if m.index.delete(k) {
			t.Errorf("deleted %v", k)
		}
	}
	wantIndex(t, m.index, m.keys)
}
