package boardtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"rollcall/leaderboard"
)

// modelSteps is how many random steps one board takes.
const modelSteps = 3000

// runModel drives a store and the model with the same random steps and
// compares every answer.
func runModel(t *testing.T, open Open) {
	for seed, rules := range []leaderboard.Rules{
		{Tie: leaderboard.Reached},
		{Tie: leaderboard.Given, Order: leaderboard.Asc},
		{Tie: leaderboard.None},
	} {
		t.Run(fmt.Sprintf("Seed%d", seed), func(t *testing.T) {
			w := newWalk(t, open, uint64(seed), rules)
			for step := range modelSteps {
				w.step()
				if step%100 == 0 || step == modelSteps-1 {
					w.check()
				}
			}
			if w.answers[leaderboard.Duplicate] == 0 || w.answers[leaderboard.CodeGap] == 0 || w.answers[leaderboard.CodeBusy] == 0 {
				t.Fatalf("the walk did not meet everything: %v", w.answers)
			}
		})
	}
}

// walk is one random walk: a store, the model and what follows the store.
type walk struct {
	*fixture
	rand    *rand.Rand
	rules   leaderboard.Rules
	now     time.Time
	model   *model
	sent    []leaderboard.Event // to be sent again
	fold    map[string]leaderboard.Entry
	at      leaderboard.Head // of fold
	replica *leaderboard.Replica
	answers map[any]int
}

func newWalk(t *testing.T, open Open, seed uint64, rules leaderboard.Rules) *walk {
	w := &walk{rand: rand.New(rand.NewPCG(seed, 1)), rules: rules, now: time.Unix(1_000_000, 0), answers: map[any]int{}}
	o := Options{IDWindow: 10 * time.Second, IDLimit: 20, Now: func() time.Time { return w.now }}
	w.fixture = newBoardWith(t, open, o, rules)
	w.restart()
	return w
}

// restart follows the board from its beginning.
func (w *walk) restart() {
	snap := w.snapshot()
	w.model = newModel(snap.Head.Epoch, w.rules, 10*time.Second, 20)
	w.follow(snap)
}

func (w *walk) follow(snap leaderboard.Snapshot) {
	w.fold, w.at, w.replica = entries(w, snap), snap.Head, leaderboard.NewReplica(snap)
}

func (w *walk) step() {
	w.now = w.now.Add(time.Duration(w.rand.IntN(600)) * time.Millisecond)
	switch n := w.rand.IntN(1000); {
	case n < 960:
		w.send()
	case n < 980:
		w.claim()
	case n < 992:
		w.changeRules()
	case n < 997:
		w.reopen()
	default:
		w.recreate()
	}
}

func (w *walk) send() {
	batch := make([]leaderboard.Event, 1+w.rand.IntN(6))
	next := map[string]uint64{}
	for i := range batch {
		batch[i] = w.event(next)
	}
	want := w.model.apply(batch, w.now)
	out := w.apply(batch...)
	for i, v := range want {
		w.answers[v.status]++
		w.answers[v.code]++
		w.compare(batch[i], out.Results[i], v)
	}
	if (out.Delta != nil) != (w.model.version != w.at.Version) || out.Head.Version != w.model.version {
		w.Fatalf("after %+v: head %+v and delta %+v, the model is at version %d", batch, out.Head, out.Delta, w.model.version)
	}
	if out.Delta != nil {
		w.take(*out.Delta)
	}
}

func (w *walk) compare(e leaderboard.Event, got leaderboard.Result, want verdict) {
	code, expected := "", uint64(0)
	if got.Refusal != nil {
		code, expected = got.Refusal.Code, got.Refusal.Expected
	}
	if got.Status != want.status || code != want.code || expected != want.expected || got.Version != want.version || !same(got.Score, want.score) || !same(got.Improved, want.improved) {
		w.Fatalf("%+v:\n got %s\nwant %+v", e, show(got), want)
	}
}

// take follows a delta.
func (w *walk) take(d leaderboard.Delta) {
	w.wantDelta(&d, w.at, d.Head())
	for _, row := range d.Rows {
		if delete(w.fold, row.Member); !row.Removed {
			w.fold[row.Member] = row.Entry
		}
	}
	w.at = d.Head()
	if err := w.replica.Apply(d); err != nil {
		w.Fatalf("replica: %v", err)
	}
}

// check compares everything that can be read.
func (w *walk) check() {
	snap := w.snapshot()
	got := entries(w, snap)
	if snap.Head != w.at {
		w.Fatalf("snapshot at %+v, deltas lead to %+v", snap.Head, w.at)
	}
	wantRows(w, "snapshot", got, w.model.rows)
	wantRows(w, "deltas", w.fold, w.model.rows)
	w.replica.Read(func(r *leaderboard.Reader) {
		ranked := map[string]leaderboard.Entry{}
		for _, row := range r.Page(0, len(got)+1, leaderboard.Ordinal) {
			ranked[row.Member] = row.Entry
		}
		wantRows(w, "replica", ranked, w.model.rows)
	})
	for source, seq := range w.model.seqs {
		w.wantSeq(source, seq)
	}
	if none, err := w.store.Changes(context.Background(), w.name, w.at); err != nil || len(none) != 0 {
		w.Fatalf("Changes after the head: %v, %v", none, err)
	}
}

func wantRows(w *walk, what string, got, want map[string]leaderboard.Entry) {
	w.Helper()
	if len(got) != len(want) {
		w.Fatalf("%s has %d entries, the model %d", what, len(got), len(want))
	}
	for member, e := range want {
		if g := got[member]; len(g.Cells)+len(e.Cells) == 0 {
			g.Cells, e.Cells = nil, nil
			wantEqual(w, what, g, e)
		} else {
			wantEqual(w, what, g, e)
		}
	}
}

func (w *walk) claim() {
	source := fmt.Sprint("s", w.rand.IntN(3))
	got, _, err := w.store.Claim(context.Background(), w.name, source)
	w.model.gens[source]++
	if err != nil || got.Generation != w.model.gens[source] || got.Seq != w.model.seqs[source] {
		w.Fatalf("Claim(%s) = %+v, %v", source, got, err)
	}
}

func (w *walk) changeRules() {
	rules := w.model.rules
	rules.Title = fmt.Sprint("title", w.rand.IntN(3))
	if w.rand.IntN(2) == 0 {
		rules.Order = []leaderboard.Order{leaderboard.Asc, leaderboard.Desc}[w.rand.IntN(2)]
	}
	fixed := rules.Order != w.model.rules.Order && len(w.model.rows) > 0
	_, delta, _, err := w.store.Put(context.Background(), w.name, rules)
	if errors.Is(err, leaderboard.ErrRulesFixed) != fixed || err != nil && !fixed {
		w.Fatalf("Put(%+v): %v with %d entries", rules, err, len(w.model.rows))
	}
	if fixed || rules.Equal(w.model.rules) {
		return
	}
	w.model.rules = rules
	w.model.version++
	w.take(*delta)
}

// reopen restarts the store, where it can be, and reads the changes from an
// old head.
func (w *walk) reopen() {
	if r, ok := w.store.(Reopener); ok {
		w.store = r.Reopen(w)
	}
	w.check()
	w.follow(w.snapshot())
}

func (w *walk) recreate() {
	if err := w.store.Delete(context.Background(), w.name); err != nil {
		w.Fatal(err)
	}
	if _, _, _, err := w.store.Put(context.Background(), w.name, w.rules); err != nil {
		w.Fatal(err)
	}
	w.restart()
	if len(w.sent) > 50 {
		w.sent = nil
	}
}

// event is a random event: new, sent again, too far, stale, fenced.
func (w *walk) event(next map[string]uint64) leaderboard.Event {
	if len(w.sent) > 0 && w.rand.IntN(5) == 0 {
		e := w.sent[w.rand.IntN(len(w.sent))]
		if w.rand.IntN(10) == 0 {
			e.Score++
		}
		return e
	}
	e := w.content()
	if w.rand.IntN(3) == 0 {
		e.ID = fmt.Sprint("id", w.rand.IntN(1000))
	} else {
		e.Source = fmt.Sprint("s", w.rand.IntN(3))
		if next[e.Source] == 0 {
			next[e.Source] = w.model.seqs[e.Source]
		}
		next[e.Source]++
		e.Seq, e.Generation = next[e.Source], w.model.gens[e.Source]
		switch w.rand.IntN(20) {
		case 0:
			e.Seq += 1 + uint64(w.rand.IntN(3))
		case 1:
			e.Generation = uint64(w.rand.IntN(4))
		}
	}
	switch w.rand.IntN(30) {
	case 0:
		e.Epoch = "another"
	case 1:
		e.Epoch = w.model.epoch
	}
	w.sent = append(w.sent, e)
	return e
}

func (w *walk) content() leaderboard.Event {
	e := leaderboard.Event{Member: fmt.Sprint("m", w.rand.IntN(8)), Score: float64(w.rand.IntN(7) - 3)}
	e.Op = []leaderboard.Op{leaderboard.Set, leaderboard.Incr, leaderboard.Best, leaderboard.Remove, leaderboard.Patch}[w.rand.IntN(5)]
	if w.rand.IntN(20) == 0 {
		e.Score = float64(leaderboard.MaxScore) * float64(w.rand.IntN(3)-1)
	}
	if (w.rules.Tie == leaderboard.Given) != (w.rand.IntN(10) == 0) {
		e.Tie = ptr(int64(w.rand.IntN(5) - 2))
	}
	if w.rand.IntN(4) == 0 {
		e.Name = ptr(fmt.Sprint("name", w.rand.IntN(2)))
	}
	if w.rand.IntN(4) == 0 {
		e.Group = ptr(fmt.Sprint("group", w.rand.IntN(2)))
	}
	for range w.rand.IntN(3) {
		if e.Cells == nil {
			e.Cells = leaderboard.Cells{}
		}
		e.Cells[fmt.Sprint("c", w.rand.IntN(20))] = [][]byte{nil, []byte("1"), []byte("2"), []byte(`"` + strings.Repeat("x", 500) + `"`)}[w.rand.IntN(4)]
	}
	if w.rand.IntN(40) == 0 {
		e.Refused = &leaderboard.Refusal{Code: "too_long", Field: "name", Message: "too long"}
	}
	return e
}
