package natsbus

import (
	"context"
	"fmt"
	"testing"

	"rollcall/hub/natsbus/natstest"
	"rollcall/leaderboard"
)

const benchNode = "0b5e7f3c-8a43-4c55-9f5b-2f6f0a3a7c11"

func benchDeltas() map[string]leaderboard.Delta {
	ds := map[string]leaderboard.Delta{}
	for _, n := range []int{1, 64} {
		ds[fmt.Sprintf("%d events", n)] = rowsDelta(n, false)
		ds[fmt.Sprintf("%d events with cells", n)] = rowsDelta(n, true)
	}
	return ds
}

// BenchmarkEncode and BenchmarkDecode: B/event and B/transition are payload.
func BenchmarkEncode(b *testing.B) {
	for name, d := range benchDeltas() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var data []byte
			for b.Loop() {
				data = appendDelta(data[:0], benchNode, "finals", d)
			}
			b.ReportMetric(float64(len(data))/float64(len(d.Rows)), "B/event")
		})
	}
	for _, n := range []int{1, 100} {
		ts := testTransitions("hall", n)
		b.Run(fmt.Sprintf("%d transitions", n), func(b *testing.B) {
			b.ReportAllocs()
			var data []byte
			for b.Loop() {
				data = appendHead(data[:0], kindTransitions, benchNode)
				for i := range ts {
					data = appendTransition(data, &ts[i])
				}
			}
			b.ReportMetric(float64(len(data))/float64(n), "B/transition")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, d := range benchDeltas() {
		data := appendDelta(nil, benchNode, "finals", d)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _, body, err := decodeHead(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := decodeDelta("finals", body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, n := range []int{1, 100} {
		data := appendHead(nil, kindTransitions, benchNode)
		for _, t := range testTransitions("hall", n) {
			data = appendTransition(data, &t)
		}
		b.Run(fmt.Sprintf("%d transitions", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _, body, err := decodeHead(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := decodeTransitions(50, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTell is from Publish on one node to Hear on another, over a server
// in this process: ns/op is the inverse of the rate.
func BenchmarkTell(b *testing.B) {
	for name, d := range benchDeltas() {
		b.Run(name, func(b *testing.B) {
			s := natstest.Start(b, natstest.Config{})
			one, two := newNode(b, BusConfig{URLs: []string{s.URL()}, Node: benchNode}), newNode(b, BusConfig{URLs: []string{s.URL()}})
			two.WatchBoard("finals")
			two.ear.wantDoubt(b, "finals")
			const window = 64 // messages under way
			b.ReportAllocs()
			sent := 0
			for b.Loop() {
				one.PublishDelta("finals", d)
				if sent++; sent > window {
					two.ear.next(b)
				}
			}
			if err := one.Close(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
