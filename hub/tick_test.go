package hub

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// newMeBoard returns the feed of a board of n members, each with a me view,
// and a push that changes the rank of 91 % of them.
func newMeBoard(b testing.TB, n int) (f *feed, push func()) {
	h := newBenchHub(b)
	ctx := context.Background()
	if _, _, _, err := h.boards.Put(ctx, "b", leaderboard.Rules{}.WithDefaults()); err != nil {
		b.Fatal(err)
	}
	send := func(member string, score float64, id string) {
		e := leaderboard.Event{Member: member, Op: leaderboard.Set, Score: score, ID: id}
		out, err := h.boards.Apply(ctx, "b", []leaderboard.Event{e}, "")
		if err != nil || out.Delta == nil {
			b.Fatal(out, err)
		}
		h.feeds.changed("b", *out.Delta)
	}
	for i := range n {
		send(fmt.Sprintf("member-%06d", i), float64(n-i), fmt.Sprint(i))
	}
	f = h.feeds.get("b")
	if _, err := f.await(ctx, uint64(n)); err != nil {
		b.Fatal(err)
	}
	p := Principal{Roles: []Role{Admin}}
	for i := range n {
		p.User = fmt.Sprintf("member-%06d", i)
		if _, fault := h.look(&p, &wire.Request{View: wire.ViewMe, Board: "b"}); fault != nil {
			b.Fatal(fault)
		}
	}
	round := 0
	return f, func() { // one member goes to the top, and 91 % fall by one
		round++
		send(fmt.Sprintf("member-%06d", (n*91/100-round+n)%n), float64(2*n+round), fmt.Sprint("r", round))
	}
}

func BenchmarkTickOf10000MeViews(b *testing.B) {
	f, push := newMeBoard(b, 10000)
	b.ReportAllocs()
	now := time.Now()
	for b.Loop() {
		b.StopTimer()
		push()
		now = now.Add(time.Second)
		b.StartTimer()
		for {
			if next := f.tick(now); next.IsZero() || next.After(now) {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10, "ns/view")
}

// A board with many views must not hold up its own apply path, nor the other
// boards, until it has rendered them all.
func TestManyViewsAreRenderedInSlices(t *testing.T) {
	f, push := newMeBoard(t, 20000)
	f.hub.stop() // the pacer: here the test ticks
	f.hub.loops.Wait()
	for _, v := range f.views {
		v.next = time.Time{}
	}
	push()
	ticks := 1
	for !f.tick(time.Now()).IsZero() {
		ticks++
	}
	if ticks < 3 {
		t.Errorf("20,000 views were rendered in %d ticks, want slices of %v", ticks, tickSlice)
	}
	head := f.rep.Head()
	for key, v := range f.views {
		if v.shown != head {
			t.Fatalf("%s was left at version %d", key, v.shown.Version)
		}
	}
}
