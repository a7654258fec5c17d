package redisroster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/presence"
	"rollcall/presence/rostertest"
	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

// The CPU is the server's own, by INFO before and after. What is compared runs
// in turn.

const holders = 100_000

// meter sums what the server needs for one kind of work.
type meter struct {
	name string
	cpu  time.Duration
	n    int
}

func (m *meter) measure(tb testing.TB, c redis.UniversalClient, n int, work func()) {
	before := cpu(tb, c)
	work()
	m.cpu += cpu(tb, c) - before
	m.n += n
}

func (m *meter) report(b *testing.B) {
	b.ReportMetric(float64(m.cpu.Nanoseconds())/float64(m.n), "redis-ns/"+m.name)
}

func cpu(tb testing.TB, c redis.UniversalClient) time.Duration {
	return time.Duration((info(tb, c, "cpu", "used_cpu_sys") + info(tb, c, "cpu", "used_cpu_user")) * float64(time.Second))
}

func info(tb testing.TB, c redis.UniversalClient, section, field string) float64 {
	tb.Helper()
	text, err := c.Info(tb.Context(), section).Result()
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatalf("no %s", field)
	return 0
}

// benchNode is as long as a node's id, a UUID.
const benchNode = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"

// crowd is n users spread over rooms.
func crowd(n, rooms int) []presence.Join {
	joins := make([]presence.Join, n)
	for i := range joins {
		user := fmt.Sprintf("user-%08d", i)
		joins[i] = presence.Join{Place: at(fmt.Sprint("room-", i%rooms), user), Meta: presence.Meta{Name: user}}
	}
	return joins
}

func placesOf(joins []presence.Join) []presence.Place {
	places := make([]presence.Place, len(joins))
	for i, j := range joins {
		places[i] = j.Place
	}
	return places
}

// enter joins as a tracker does, 100 at a time.
func enter(tb testing.TB, r *Roster, node string, joins []presence.Join) (made int) {
	tb.Helper()
	for batch := range slices.Chunk(joins, 100) {
		made += len(must[[]presence.Transition](tb)(r.Join(tb.Context(), node, batch)))
	}
	return made
}

func benchRoster(b *testing.B, c redisconn.Clients, cfg Config) *bench {
	r := &bench{TB: b, clock: rostertest.NewClock()}
	cfg.Now = r.clock.Now
	r.Roster = newTestRoster(c, cfg)
	return r
}

// BenchmarkRefresh is the beats of 100,000 holders, 1,000 a call as a tracker
// makes them: in one room, in 1,000, and in 1,000 with the beats of a partition
// one after the other. percent-of-core is of 1,000 rooms, at one beat each 10 s.
func BenchmarkRefresh(b *testing.B) {
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	one, many := newTestRoster(clients, Config{}), newTestRoster(clients, Config{})
	inOne, inMany := crowd(holders, 1), crowd(holders, 1000)
	enter(b, one, benchNode, inOne)
	enter(b, many, benchNode, inMany)
	oneRoom, rooms := meter{name: "holder-of-1-room"}, meter{name: "holder-of-1000-rooms"}
	sorted := meter{name: "holder-sorted"}
	beat := func(r *Roster, places []presence.Place) func() {
		return func() {
			for chunk := range slices.Chunk(places, 1000) {
				if missing := must[[]presence.Place](b)(r.Refresh(b.Context(), benchNode, chunk)); len(missing) != 0 {
					b.Fatal(missing)
				}
			}
		}
	}
	inOrder := slices.SortedFunc(slices.Values(placesOf(inMany)), func(p, q presence.Place) int {
		return presence.Partition(p.Room) - presence.Partition(q.Room)
	})
	beatOne, beatMany, beatSorted := beat(one, placesOf(inOne)), beat(many, placesOf(inMany)), beat(many, inOrder)
	for b.Loop() {
		oneRoom.measure(b, c, holders, beatOne)
		rooms.measure(b, c, holders, beatMany)
		sorted.measure(b, c, holders, beatSorted)
	}
	oneRoom.report(b)
	sorted.report(b)
	rooms.report(b)
	b.ReportMetric(100*(rooms.cpu.Seconds()/float64(b.N))/10, "percent-of-core")
}

// BenchmarkJoinStorm is 10,000 users who join in batches of 100: new ones, then
// the same on another node, which says nothing.
func BenchmarkJoinStorm(b *testing.B) {
	const users = 10_000
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	for _, rooms := range []int{1, 100} {
		b.Run(fmt.Sprint("rooms=", rooms), func(b *testing.B) {
			joins := crowd(users, rooms)
			fresh, silent := meter{name: "new"}, meter{name: "silent"}
			var took [2]time.Duration
			for b.Loop() {
				if err := c.FlushAll(b.Context()).Err(); err != nil {
					b.Fatal(err)
				}
				r := newTestRoster(clients, Config{})
				for i, m := range []*meter{&fresh, &silent} {
					began := time.Now()
					m.measure(b, c, users, func() {
						if made := enter(b, r, fmt.Sprint("node-", i), joins); made != users*(1-i) {
							b.Fatalf("%d transitions of %s", made, m.name)
						}
					})
					took[i] += time.Since(began)
				}
			}
			fresh.report(b)
			silent.report(b)
			b.ReportMetric(float64(took[0].Milliseconds())/float64(b.N), "new-ms")
			b.ReportMetric(float64(took[1].Milliseconds())/float64(b.N), "silent-ms")
		})
	}
}

// BenchmarkSweep is 64 partitions with 100 holders each, nobody due: each
// sweep a real one, as a single node makes, and each a gated one.
func BenchmarkSweep(b *testing.B) {
	const times = 100
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	idle, gated := benchRoster(b, clients, Config{Threshold: time.Hour}), benchRoster(b, clients, Config{SweepGate: time.Hour})
	idleM, gatedM := meter{name: "idle-partition"}, meter{name: "gated-partition"}
	for _, r := range []*bench{idle, gated} {
		enter(b, r.Roster, benchNode, crowd(6400, 640))
		r.sweep()
	}
	idle.clock.Move(time.Hour - time.Minute)
	for b.Loop() {
		for _, r := range []*bench{idle, gated} {
			m := &idleM
			if r == gated {
				m = &gatedM
			}
			m.measure(b, c, 64*times, func() {
				for range times {
					r.sweep()
				}
			})
		}
	}
	idleM.report(b)
	gatedM.report(b)
}

// BenchmarkSweepDead is the sweep of 20,000 users whose node died, 500 a call.
func BenchmarkSweepDead(b *testing.B) {
	const users = 20_000
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	for _, rooms := range []int{1, 100} {
		b.Run(fmt.Sprint("rooms=", rooms), func(b *testing.B) {
			left := meter{name: "leave"}
			var longest time.Duration
			for b.Loop() {
				if err := c.FlushAll(b.Context()).Err(); err != nil {
					b.Fatal(err)
				}
				r := benchRoster(b, clients, Config{SweepGap: time.Hour})
				r.sweep()
				enter(b, r.Roster, benchNode, crowd(users, rooms))
				r.clock.Move(time.Minute)
				left.measure(b, c, users, func() {
					for gone := 0; gone < users; {
						began := time.Now()
						gone += len(r.sweep())
						longest = max(longest, time.Since(began))
					}
				})
			}
			left.report(b)
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
		})
	}
}

// BenchmarkMemory is what Redis keeps of a holder: of a user's first one and of
// one on a second node.
func BenchmarkMemory(b *testing.B) {
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	var first, second float64
	for b.Loop() {
		if err := c.FlushAll(b.Context()).Err(); err != nil {
			b.Fatal(err)
		}
		r := newTestRoster(clients, Config{})
		joins := crowd(holders, 1000)
		empty := info(b, c, "memory", "used_memory")
		enter(b, r, benchNode, joins)
		one := info(b, c, "memory", "used_memory")
		enter(b, r, strings.ToUpper(benchNode), joins)
		two := info(b, c, "memory", "used_memory")
		first, second = (one-empty)/holders, (two-one)/holders
	}
	b.ReportMetric(first, "B/user")
	b.ReportMetric(second, "B/further-holder")
}

// BenchmarkRead is a page of 50 of a room of 100,000, the counts of 100 rooms,
// and where a user is.
func BenchmarkRead(b *testing.B) {
	const times = 100
	clients := newClients(b, redistest.Start(b))
	c := clients.Write
	r := newTestRoster(clients, Config{})
	enter(b, r, benchNode, crowd(holders, 1))
	enter(b, r, benchNode, crowd(holders, 100))
	rooms := make([]string, 100)
	for i := range rooms {
		rooms[i] = fmt.Sprint("room-", i)
	}
	page, counts, user := meter{name: "page"}, meter{name: "counts"}, meter{name: "user"}
	ctx := b.Context()
	for b.Loop() {
		page.measure(b, c, times, func() {
			for i := range times {
				must[presence.Page](b)(r.Page(ctx, "room-0", fmt.Sprintf("user-%08d", i*900), 50))
			}
		})
		counts.measure(b, c, times, func() {
			for range times {
				must[[]presence.RoomCount](b)(r.Counts(ctx, rooms))
			}
		})
		user.measure(b, c, times, func() {
			for i := range times {
				must[presence.UserState](b)(r.User(ctx, fmt.Sprintf("user-%08d", i)))
			}
		})
	}
	page.report(b)
	counts.report(b)
	user.report(b)
}
