package fanout

import (
	"runtime"
	"testing"
)

// newAudience returns a view with n sessions that are up to date.
func newAudience(n int) (*View, []*Outbox) {
	v := newViewAt(1, 1)
	outs := make([]*Outbox, n)
	for i := range outs {
		outs[i] = NewOutbox(Limits{})
		v.Attach(outs[i], at(1))
	}
	return v, outs
}

// statesFrom are states that cost nothing to publish: names and frames exist.
func statesFrom(first, n int) []State {
	all := make([]State, n)
	for i := range all {
		all[i] = stateOf(first + i)
		all[i].Delta = deltaOf(first+i-1, first+i, 300)
	}
	return all
}

func TestPublishToTakeAllocatesNothing(t *testing.T) {
	v, outs := newAudience(100)
	states := statesFrom(2, 200)
	buf := make([]Item, 0, 4)
	next := 0
	publish := func() {
		v.Publish(states[next])
		next++
		for _, o := range outs {
			if buf = o.Take(buf[:0], 4096); len(buf) != 1 {
				t.Fatalf("took %d frames, want 1", len(buf))
			}
		}
	}
	for range 2 * ringFrames { // until the ring is full
		publish()
	}
	if got := testing.AllocsPerRun(100, publish); got != 0 {
		t.Errorf("%v allocations for one state to 100 sessions, want 0", got)
	}
}

func TestSlowSessionHoldsNoFrames(t *testing.T) {
	v, outs := newAudience(1)
	for _, s := range statesFrom(2, 10_000) {
		v.Publish(s)
	}
	if got := outs[0]; got.control.len() != 0 || len(got.slots) != 0 || len(got.cursors) != 1 {
		t.Errorf("holds %d answers, %d values, %d cursors", got.control.len(), len(got.slots), len(got.cursors))
	}
	wantTexts(t, takeAll(outs[0]), "S 10001")
}

func BenchmarkPublish1000(b *testing.B) {
	b.Run("publish", func(b *testing.B) { benchmarkPublish(b, false) })
	b.Run("publish and take", func(b *testing.B) { benchmarkPublish(b, true) })
}

func benchmarkPublish(b *testing.B, take bool) {
	v, outs := newAudience(1000)
	states := statesFrom(2, b.N)
	buf := make([]Item, 0, 4)
	b.ReportAllocs()
	b.ResetTimer()
	for _, s := range states {
		v.Publish(s)
		if !take {
			continue
		}
		for _, o := range outs {
			<-o.Wake()
			buf = o.Take(buf[:0], 4096)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/session")
}

func BenchmarkIdleMemory(b *testing.B) {
	const sessions = 10_000
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	for b.Loop() {
		outs := make([]*Outbox, sessions)
		v := newViewAt(1, 1)
		start := heap()
		for i := range outs {
			outs[i] = NewOutbox(Limits{})
		}
		idle := heap()
		for _, o := range outs {
			v.Attach(o, at(1))
		}
		subscribed := heap()
		b.ReportMetric((idle-start)/sessions, "B/outbox")
		b.ReportMetric((subscribed-idle)/sessions, "B/cursor")
		runtime.KeepAlive(outs)
		runtime.KeepAlive(v)
	}
}
