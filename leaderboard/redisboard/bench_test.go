package redisboard_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// BenchmarkApply measures what an event costs Redis, by its own count of CPU
// time, beside what a bare ZINCRBY in a pipeline costs it: batches of 64 on
// random members, rows and changelog on, rounds of both in turn on one server.
// An operation is one round of each. ROLLCALL_BENCH_MEMBERS=1000000 measures
// that many members in place of 10,000 and 100,000.
func BenchmarkApply(b *testing.B) {
	for _, members := range benchSizes() {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) { benchApply(b, members) })
	}
}

func benchSizes() []int {
	if n, err := strconv.Atoi(os.Getenv("ROLLCALL_BENCH_MEMBERS")); err == nil {
		return []int{n}
	}
	return []int{10_000, 100_000}
}

const benchRound = 200 // batches

func benchApply(b *testing.B, members int) {
	server := redistest.Start(b)
	clients := server.Clients()
	store := redisboard.New(clients, redisboard.Config{})
	load := newLoad(b, store, clients.Write, members)
	var ours, bare []sample
	b.ResetTimer()
	for b.Loop() {
		ours = append(ours, measure(b, clients.Read, load.apply))
		bare = append(bare, measure(b, clients.Read, load.bare))
	}
	b.ReportMetric(median(ours, sample.cpu), "redis-µs/event")
	b.ReportMetric(median(bare, sample.cpu), "bare-redis-µs/event")
	b.ReportMetric(median(ours, sample.cpu)/median(bare, sample.cpu), "ratio")
	b.ReportMetric(median(ours, sample.clock), "µs/event")
	b.ReportMetric(median(bare, sample.clock), "bare-µs/event")
}

// sample is what one event of a round cost, in µs.
type sample struct{ redis, wall float64 }

func (s sample) cpu() float64   { return s.redis }
func (s sample) clock() float64 { return s.wall }

func median(all []sample, of func(sample) float64) float64 {
	values := make([]float64, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func measure(b *testing.B, c redis.UniversalClient, round func()) sample {
	before, start := redisCPU(b, c), time.Now()
	round()
	wall := time.Since(start)
	const events = benchRound * redisboard.MaxBatch
	return sample{redis: (redisCPU(b, c) - before) * 1e6 / events, wall: float64(wall.Microseconds()) / events}
}

// redisCPU is the CPU time of the server's main thread, in seconds.
func redisCPU(tb testing.TB, c redis.UniversalClient) (seconds float64) {
	tb.Helper()
	info, err := c.Info(ctx, "cpu").Result()
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(info) {
		for _, name := range []string{"used_cpu_sys_main_thread:", "used_cpu_user_main_thread:"} {
			if text, ok := strings.CutPrefix(line, name); ok {
				v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
				if err != nil {
					tb.Fatal(err)
				}
				seconds += v
			}
		}
	}
	return seconds
}

// load is one board and one bare sorted set with the same members.
type load struct {
	tb      testing.TB
	store   *redisboard.Store
	client  redis.UniversalClient
	members []string
	rand    *rand.Rand
	seq     uint64
}

const benchZ = "bare"

func newLoad(tb testing.TB, s *redisboard.Store, c redis.UniversalClient, members int) *load {
	l := &load{tb: tb, store: s, client: c, rand: rand.New(rand.NewPCG(1, 2)), members: make([]string, members)}
	if _, _, _, err := s.Put(ctx, board, leaderboard.Rules{}); err != nil {
		tb.Fatal(err)
	}
	for i := range l.members {
		l.members[i] = fmt.Sprintf("member-%08d", i)
	}
	for page := range slices.Chunk(l.members, redisboard.MaxBatch) {
		batch, bare := make([]leaderboard.Event, len(page)), make([]redis.Z, len(page))
		for i, m := range page {
			score := float64(l.rand.IntN(1_000_000))
			batch[i], bare[i] = l.event(leaderboard.Set, m, score), redis.Z{Member: m, Score: score}
		}
		l.send(batch)
		if err := c.ZAdd(ctx, benchZ, bare...).Err(); err != nil {
			tb.Fatal(err)
		}
	}
	return l
}

func (l *load) event(op leaderboard.Op, member string, score float64) leaderboard.Event {
	l.seq++
	return leaderboard.Event{Member: member, Op: op, Score: score, Source: "s", Seq: l.seq}
}

func (l *load) send(batch []leaderboard.Event) {
	if _, err := l.store.Apply(ctx, board, batch, ""); err != nil {
		l.tb.Fatal(err)
	}
}

func (l *load) pick() (member string, by float64) {
	return l.members[l.rand.IntN(len(l.members))], float64(1 + l.rand.IntN(100))
}

func (l *load) apply() {
	batch := make([]leaderboard.Event, redisboard.MaxBatch)
	for range benchRound {
		for i := range batch {
			member, by := l.pick()
			batch[i] = l.event(leaderboard.Incr, member, by)
		}
		l.send(batch)
	}
}

func (l *load) bare() {
	for range benchRound {
		pipe := l.client.Pipeline()
		for range redisboard.MaxBatch {
			member, by := l.pick()
			pipe.ZIncrBy(ctx, benchZ, by, member)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			l.tb.Fatal(err)
		}
	}
}

// BenchmarkSnapshot measures a whole snapshot, of the sizes of BenchmarkApply.
func BenchmarkSnapshot(b *testing.B) {
	for _, members := range benchSizes() {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			clients := redistest.Start(b).Clients()
			store := redisboard.New(clients, redisboard.Config{})
			newLoad(b, store, clients.Write, members)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				if snap, err := store.Snapshot(ctx, board); err != nil || snap.Total != members {
					b.Fatal(snap.Total, err)
				}
			}
		})
	}
}
