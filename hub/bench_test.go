package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

// silent is a bus without other nodes.
type silent struct{}

func (silent) Listen(Listener) (func(), error)          { return func() {}, nil }
func (silent) PublishDelta(string, leaderboard.Delta)   {}
func (silent) PublishTransitions([]presence.Transition) {}
func (silent) PublishRenewed(string)                    {}
func (silent) PublishNode(wire.NodeInfo)                {}
func (silent) WatchBoard(string) (stop func())          { return func() {} }
func (silent) WatchRoom(string) (stop func())           { return func() {} }

func newBenchHub(b testing.TB) *Hub {
	b.Helper()
	store, err := pebbleboard.Open(pebbleboard.Config{})
	if err != nil {
		b.Fatal(err)
	}
	roster, err := memroster.New(context.Background(), memroster.Config{})
	if err != nil {
		b.Fatal(err)
	}
	h := New(Config{BatchMax: 512}, store, roster, silent{})
	if err := h.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		h.Close()
		if err := roster.Close(context.Background()); err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	if _, _, _, err := store.Put(context.Background(), "b", toRules(wire.Rules{})); err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkScoreMessage is a message of 8 events from bytes to answer, without
// sockets and disk: what the node itself costs. ns/event is what matters.
func BenchmarkScoreMessage(b *testing.B) {
	h := newBenchHub(b)
	p := h.keyless("")
	const perMessage = 8
	msgs := make([][]byte, b.N)
	for i := range msgs {
		var events []string
		for j := range perMessage {
			seq := i*perMessage + j + 1
			events = append(events, fmt.Sprintf(`{"member":"member-%07d","op":"incr","score":1,"source":"s","seq":%d}`, seq*7919%10000, seq))
		}
		msgs[i] = []byte(`{"id":1,"op":"score","board":"b","events":[` + strings.Join(events, ",") + `]}`)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, msg := range msgs {
		req, err := readRequest(msg)
		if err != nil {
			b.Fatal(err)
		}
		ps := newPushing(&p, "b", "", req.incoming, nil)
		done := make(chan struct{})
		h.start(ps, nil, func() {
			encode(okAnswer{ID: 1, OK: wire.Results{Results: ps.results}})
			close(done)
		})
		<-done
		if ps.results[0].Status != wire.Applied {
			b.Fatalf("%+v", ps.results[0])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*perMessage), "ns/event")
}
