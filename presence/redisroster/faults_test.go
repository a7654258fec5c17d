package redisroster

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/presence"
	"rollcall/presence/rostertest"
	"rollcall/redisconn/redistest"
)

func at(room, user string) presence.Place { return presence.Place{Room: room, User: user} }

// bench is a roster with a clock of its own, whose calls must not fail.
type bench struct {
	testing.TB
	*Roster
	clock  *rostertest.Clock
	server *redistest.Server
}

func newBench(tb testing.TB, cfg Config) *bench {
	b := &bench{TB: tb, clock: rostertest.NewClock(), server: redistest.Start(tb)}
	cfg.Now = b.clock.Now
	b.Roster = New(newClients(tb, b.server), cfg)
	return b
}

func (b *bench) join(node string, joins ...presence.Join) []presence.Transition {
	b.Helper()
	return must[[]presence.Transition](b)(b.Join(b.Context(), node, joins))
}

func (b *bench) leave(node string, places ...presence.Place) []presence.Transition {
	b.Helper()
	return must[[]presence.Transition](b)(b.Leave(b.Context(), node, places))
}

func (b *bench) refresh(node string, places ...presence.Place) []presence.Place {
	b.Helper()
	return must[[]presence.Place](b)(b.Refresh(b.Context(), node, places))
}

func (b *bench) sweep() []presence.Transition {
	b.Helper()
	return must[[]presence.Transition](b)(b.Sweep(b.Context()))
}

func (b *bench) page(room string) presence.Page {
	b.Helper()
	return must[presence.Page](b)(b.Page(b.Context(), room, "", 1000))
}

func (b *bench) do(args ...any) {
	b.Helper()
	if err := b.clients.Write.Do(b.Context(), args...).Err(); err != nil {
		b.Fatalf("%v: %v", args, err)
	}
}

func must[T any](tb testing.TB) func(T, error) T {
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

// places of ten rooms, in several partitions.
func halls(n int) (places []presence.Place, joins []presence.Join) {
	for i := range n {
		p := at(fmt.Sprint("hall-", i%10), fmt.Sprint("user-", i))
		places = append(places, p)
		joins = append(joins, presence.Join{Place: p, Meta: presence.Meta{Name: p.User}})
	}
	return places, joins
}

func TestConcurrentSweepersRemoveEachOnce(t *testing.T) {
	const users = 20_000
	b := newBench(t, Config{SweepGap: time.Hour})
	_, joins := halls(users)
	b.sweep()
	b.join("n1", joins...)
	b.clock.Move(time.Minute)
	var sweepers sync.WaitGroup
	var mu sync.Mutex
	left := map[presence.Place]int{}
	for range 8 {
		sweepers.Go(func() {
			for {
				made, err := b.Sweep(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if len(made) == 0 {
					return
				}
				mu.Lock()
				for _, tr := range made {
					left[tr.Place]++
				}
				mu.Unlock()
			}
		})
	}
	sweepers.Wait()
	if len(left) != users {
		t.Errorf("%d users left, want %d", len(left), users)
	}
	for p, n := range left {
		if n != 1 {
			t.Errorf("%v left %d times", p, n)
		}
	}
	wantConsistent(t, b.Roster)
}

func TestFlushHealsWithoutALeave(t *testing.T) {
	b := newBench(t, Config{})
	places, joins := halls(200)
	b.sweep()
	last := map[string]uint64{}
	for _, tr := range b.join("n1", joins...) {
		last[tr.Room] = tr.Version
	}
	b.join("n2", joins...)
	b.clock.Move(40 * time.Second)
	b.do("FLUSHALL")
	if page := b.page("hall-1"); !page.Settling || page.Count != 0 {
		t.Fatalf("after a flush: %+v, want nobody and settling", page)
	}
	for range 14 { // one node is back at once, the other late
		b.clock.Move(2 * time.Second)
		for _, tr := range b.sweep() {
			t.Fatalf("%+v while the nodes come back", tr)
		}
		if missing := b.refresh("n1", places...); len(missing) > 0 {
			if len(missing) != len(places) {
				t.Fatalf("%d are missing, want all", len(missing))
			}
			for _, tr := range b.join("n1", joins...) {
				if tr.Kind != presence.Joined || tr.Version <= last[tr.Room] {
					t.Fatalf("%+v, want more than version %d", tr, last[tr.Room])
				}
			}
		}
		if !b.page("hall-1").Settling {
			t.Fatal("not settling within the threshold")
		}
	}
	if missing := b.refresh("n2", places...); len(missing) != len(places) {
		t.Fatalf("%d are missing of the late node, want all", len(missing))
	}
	if made := b.join("n2", joins...); len(made) != 0 {
		t.Fatalf("%+v, but all of them were there", made[0])
	}
	b.clock.Move(4 * time.Second)
	b.sweep()
	if page := b.page("hall-1"); page.Settling || page.Count != 20 {
		t.Fatalf("settled: %+v, want 20 users", page)
	}
	wantConsistent(t, b.Roster)
}

func TestFrozenRedisMakesNobodyLeave(t *testing.T) {
	b := newBench(t, Config{})
	places, joins := halls(50)
	b.sweep()
	b.join("n1", joins...)
	b.clock.Move(30 * time.Second) // settled
	b.sweep()
	b.refresh("n1", places...)
	b.clock.Move(time.Minute) // frozen
	if made := b.sweep(); len(made) != 0 {
		t.Fatalf("%+v after the outage", made[0])
	}
	if !b.page("hall-1").Settling {
		t.Error("not settling after the outage")
	}
	if missing := b.refresh("n1", places...); len(missing) != 0 {
		t.Errorf("%v are missing", missing)
	}
}

func TestDeadEndThoughTheClockWentBack(t *testing.T) {
	b := newBench(t, Config{})
	b.sweep()
	b.join("n1", presence.Join{Place: at("r", "u")})
	b.clock.Move(-24 * time.Hour)
	var left int
	for range 16 {
		left += len(b.sweep())
		b.clock.Move(2 * time.Second)
	}
	if left != 1 {
		t.Fatalf("%d left within 32 s of a step back, want the dead one", left)
	}
}

func TestUnknownScriptsAreSentAgain(t *testing.T) {
	b := newBench(t, Config{})
	places, joins := halls(30)
	forget := func() { b.do("SCRIPT", "FLUSH") }
	forget()
	if n := len(b.join("n1", joins...)); n != 30 {
		t.Errorf("%d joined, want 30", n)
	}
	forget()
	if missing := b.refresh("n1", places...); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
	forget()
	b.sweep()
	forget()
	if n := b.page("hall-1").Count; n != 3 {
		t.Errorf("count %d, want 3", n)
	}
	forget()
	if made := must[[]presence.Transition](t)(b.SetMeta(t.Context(), []presence.Join{{Place: places[0]}})); len(made) != 1 {
		t.Errorf("%d changed, want 1", len(made))
	}
	forget()
	if rooms := must[[]presence.RoomCount](t)(b.Rooms(t.Context())); len(rooms) != 10 {
		t.Errorf("%d rooms, want 10", len(rooms))
	}
	forget()
	if u := must[presence.UserState](t)(b.User(t.Context(), "user-1")); !u.Online {
		t.Error("user-1 is not online")
	}
	forget()
	if n := len(b.leave("n1", places...)); n != 30 {
		t.Errorf("%d left, want 30", n)
	}
}

func TestPartialFailureTellsWhatWasDecided(t *testing.T) {
	b := newBench(t, Config{})
	places, joins := halls(30)
	broken := b.part("hall-3")
	b.do("SET", b.key(broken, "on"), "no sorted set")
	made, err := b.Join(t.Context(), "n1", joins)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("join: partition %02d", broken)) {
		t.Errorf("%v, want an error that names script and partition", err)
	}
	want := 0
	for _, p := range places {
		if b.part(p.Room) != broken {
			want++
		}
	}
	if len(made) != want || want == 0 {
		t.Errorf("%d joined, want the %d of the other partitions", len(made), want)
	}
	b.leave("n1", at("hall-1", "user-1"))
	missing, err := b.Refresh(t.Context(), "n1", places)
	if err == nil {
		t.Error("a refresh of which a part failed is no error")
	}
	if len(missing) != 1 || missing[0] != at("hall-1", "user-1") {
		t.Errorf("missing %v, want the one of a part that answered", missing)
	}
	b.join("n1", joins[1])
	if _, err := b.Sweep(t.Context()); err == nil {
		t.Error("a sweep of which a part failed is no error")
	}
	b.do("DEL", b.key(broken, "on"))
	if again := b.join("n1", joins...); len(again) != len(joins)-want {
		t.Errorf("%d joined by the same call again, want the other %d", len(again), len(joins)-want)
	}
	wantConsistent(t, b.Roster)
}

func TestFullRedisRefusesWhoComesAndKeepsWhoIsThere(t *testing.T) {
	b := newBench(t, Config{})
	places, joins := halls(30)
	b.sweep()
	b.join("n1", joins[:20]...)
	b.do("CONFIG", "SET", "maxmemory", "1mb")
	if _, err := b.Join(t.Context(), "n1", joins[20:]); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("join: %v, want out of memory", err)
	}
	for range 40 {
		b.clock.Move(2 * time.Second)
		if missing := b.refresh("n1", places[:20]...); len(missing) != 0 {
			t.Fatalf("missing %v", missing)
		}
		if made := b.sweep(); len(made) != 0 {
			t.Fatalf("%+v for want of memory", made[0])
		}
	}
	if n := len(b.leave("n1", places[:20]...)); n != 20 {
		t.Errorf("%d left, want 20", n)
	}
	b.do("CONFIG", "SET", "maxmemory", "0")
	if n := len(b.join("n1", joins[20:]...)); n != 10 {
		t.Errorf("%d joined when there was room again, want 10", n)
	}
	wantConsistent(t, b.Roster)
}

func TestUnreachableRedisIsAnError(t *testing.T) {
	b := newBench(t, Config{})
	b.join("n1", presence.Join{Place: at("r", "u")})
	b.server.Kill()
	if page, err := b.Page(t.Context(), "r", "", 10); err == nil {
		t.Errorf("page: %+v, want an error", page)
	}
	if rooms, err := b.Rooms(t.Context()); err == nil {
		t.Errorf("rooms: %+v, want an error", rooms)
	}
	if u, err := b.User(t.Context(), "u"); err == nil {
		t.Errorf("user: %+v, want an error", u)
	}
	if missing, err := b.Refresh(t.Context(), "n1", []presence.Place{at("r", "u")}); err == nil {
		t.Errorf("refresh: %v, want an error", missing)
	}
}

func TestNumbersAreExact(t *testing.T) {
	b := newBench(t, Config{})
	b.clock.Move(time.Date(2240, 1, 1, 0, 0, 0, 123_457_000, time.UTC).Sub(b.clock.Now()))
	now := b.clock.Now().UnixMicro()
	if now < 1<<52 || now >= 1<<53 {
		t.Fatalf("%d is not at the end of the range", now)
	}
	joined := b.join("n1", presence.Join{Place: at("r", "u")}, presence.Join{Place: at("r", "v")}, presence.Join{Place: at("r", "w")})
	for i, tr := range joined {
		if tr.Version != uint64(now)+uint64(i) || tr.Since.UnixMicro() != now {
			t.Errorf("%+v, want version %d, since %d", tr, now+int64(i), now)
		}
	}
	left := b.leave("n1", at("r", "u"))[0]
	if left.Prev != joined[2].Version || left.Version != left.Prev+1 || left.Seen.UnixMicro() != now {
		t.Errorf("%+v, want the version after %d, seen %d", left, joined[2].Version, now)
	}
	if u := must[presence.UserState](t)(b.User(t.Context(), "u")); !u.LastSeen.Equal(b.clock.Now().Truncate(time.Minute)) {
		t.Errorf("last seen %v, want the minute of %v", u.LastSeen, b.clock.Now())
	}
}
