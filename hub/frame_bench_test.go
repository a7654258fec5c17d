package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rollcall/hub/fanout"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// BenchmarkFrame is one tick of the view that a projector watches: 50 rows of
// 12 contest cells, of which one row has changed and moved. It is paid once,
// whatever the number of sessions.
func BenchmarkFrame(b *testing.B) {
	h := newBenchHub(b)
	ctx := context.Background()
	rules := leaderboard.Rules{Tie: leaderboard.Given}.WithDefaults()
	if _, _, _, err := h.boards.Put(ctx, "finals", rules); err != nil {
		b.Fatal(err)
	}
	cells := leaderboard.Cells{}
	for i := range 12 {
		cells[string(rune('A'+i))] = json.RawMessage(`{"judged":2,"pending":0,"solved":true,"time":153}`)
	}
	seq := 0
	push := func(team int, score float64) {
		seq++
		name := fmt.Sprintf("University number %d", team)
		out, err := h.boards.Apply(ctx, "finals", []leaderboard.Event{{
			Member: fmt.Sprintf("team-%d", team), Op: leaderboard.Set, Score: score, Name: &name, Cells: cells, Source: "s", Seq: uint64(seq),
		}}, "")
		if err != nil || out.Delta == nil {
			b.Fatal(out, err)
		}
		h.feeds.changed("finals", *out.Delta)
	}
	for team := range 50 {
		push(team, float64(team))
	}
	p := Principal{Roles: []Role{Admin}}
	look, fault := h.look(&p, &wire.Request{View: wire.ViewTop, Board: "finals"})
	if fault != nil {
		b.Fatal(fault)
	}
	out := fanout.NewOutbox(fanout.Limits{})
	look.attach(out, "")
	f := h.feeds.get("finals")
	now, items := time.Now(), out.Take(nil, 1<<20)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		push(i*7%50, float64(100+i))
		now = now.Add(time.Second)
		b.StartTimer()
		f.tick(now)
		items = out.Take(items[:0], 1<<20)
	}
	if len(items) > 0 {
		b.ReportMetric(float64(len(items[0].Frame.Bytes())), "B/frame")
	}
}
