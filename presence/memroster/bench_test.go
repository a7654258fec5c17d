package memroster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rollcall/presence"
)

const crowd = 100_000

// newCrowd is a big room's joins, in random order, in batches of a tracker.
func newCrowd() [][]presence.Join {
	joins := make([]presence.Join, crowd)
	for i, n := range rand.New(rand.NewPCG(1, 2)).Perm(crowd) {
		user := fmt.Sprintf("user-%08d", n)
		joins[i] = presence.Join{Place: at("hall", user), Meta: presence.Meta{Name: user}}
	}
	return slices.Collect(slices.Chunk(joins, 100))
}

func joinAll(tb testing.TB, r *Roster, batches [][]presence.Join) {
	for _, joins := range batches {
		if _, err := r.Join(tb.Context(), "node", joins); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkJoin100k is 100,000 users who join one room; per op.
func BenchmarkJoin100k(b *testing.B) {
	batches := newCrowd()
	for name, journal := range map[string]Journal{"memory": nil, "journaled": new(disk)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := New(b.Context(), Config{Journal: journal})
				if err != nil {
					b.Fatal(err)
				}
				joinAll(b, r, batches)
				b.StopTimer()
				if err := r.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
				if d, ok := journal.(*disk); ok {
					d.records = nil
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRefresh1000 is one chunk of beats in a room of 100,000.
func BenchmarkRefresh1000(b *testing.B) {
	batches := newCrowd()
	r := newRoster(b, Config{})
	joinAll(b, r, batches)
	var places []presence.Place
	for _, joins := range batches[:10] {
		for _, j := range joins {
			places = append(places, j.Place)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if missing, err := r.Refresh(b.Context(), "node", places); err != nil || len(missing) > 0 {
			b.Fatal(missing, err)
		}
	}
}

// BenchmarkPage reads 250 users from the middle of 100,000.
func BenchmarkPage(b *testing.B) {
	r := newRoster(b, Config{})
	joinAll(b, r, newCrowd())
	b.ReportAllocs()
	for b.Loop() {
		if page, err := r.Page(b.Context(), "hall", "user-00050000", 250); err != nil || len(page.Users) != 250 {
			b.Fatal(len(page.Users), err)
		}
	}
}

// BenchmarkIdleSweep is a sweep with nobody due.
func BenchmarkIdleSweep(b *testing.B) {
	r := newRoster(b, Config{})
	joinAll(b, r, newCrowd())
	b.ReportAllocs()
	for b.Loop() {
		if made, err := r.Sweep(b.Context()); err != nil || len(made) > 0 {
			b.Fatal(made, err)
		}
	}
}
