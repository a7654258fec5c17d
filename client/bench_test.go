package client

import (
	"testing"

	"rollcall/wire"
)

// BenchmarkMessage is the cost of writing 64 events into a message.
func BenchmarkMessage(b *testing.B) {
	enc, evs := newEncoder(), events(64)
	lim := wire.Limits{Events: wire.MaxBatch, FrameBytes: wire.MaxFrameSize}
	for i := range evs {
		evs[i].Source, evs[i].Seq, evs[i].Generation, evs[i].Epoch = "judge-1", uint64(i), 1, "0b0e7a52-8f6c-4b1a-9d3e-5f2a1c7d8e90"
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := enc.message(7, "finals", "", evs, lim); n != 64 || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.N*64)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkSettle is the cost of reading the answer to 64 events.
func BenchmarkSettle(b *testing.B) {
	frame := []byte(`{"id":2,"ok":{"results":[`)
	for i := range 64 {
		if i > 0 {
			frame = append(frame, ',')
		}
		frame = append(frame, `{"status":"applied","epoch":"0b0e7a52-8f6c-4b1a-9d3e-5f2a1c7d8e90","version":123456,"member":"participant-17","score":1234}`...)
	}
	frame = append(frame, `]}}`...)
	l := newLink(nil, 0)
	done := make(chan *call, 1)
	b.ReportAllocs()
	for b.Loop() {
		m := &message{results: make([]wire.Result, 64), answer: new(wire.Results)}
		l.pending[2] = &call{id: 2, ok: m.answer, done: done}
		if err := l.dispatch(frame); err != nil {
			b.Fatal(err)
		}
		if err := m.settle(<-done); err != nil || !m.settled() {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*64)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkPush pushes through a loopback socket to a fake hub in the same
// process, which decodes and answers every event.
func BenchmarkPush(b *testing.B) {
	h, url := newRealHub(b)
	h.quiet = true
	s := newSource(b, newClient(b, url))
	evs := events(1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Push(b.Context(), evs...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(evs))/b.Elapsed().Seconds(), "events/s")
}
