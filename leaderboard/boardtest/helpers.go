package boardtest

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"rollcall/leaderboard"
)

// fixture is one board of a store under test.
type fixture struct {
	testing.TB
	store Store
	name  string
}

func newBoard(tb testing.TB, open Open, rules leaderboard.Rules) *fixture {
	tb.Helper()
	return newBoardWith(tb, open, Options{}, rules)
}

func newBoardWith(tb testing.TB, open Open, o Options, rules leaderboard.Rules) *fixture {
	tb.Helper()
	f := &fixture{TB: tb, store: open(tb, o), name: "b"}
	_, delta, created, err := f.store.Put(context.Background(), f.name, rules)
	if err != nil || !created || delta != nil {
		tb.Fatalf("Put of a new board: created %v, delta %v, err %v", created, delta, err)
	}
	return f
}

// apply sends a batch and returns its outcome.
func (f *fixture) apply(batch ...leaderboard.Event) leaderboard.Outcome {
	f.Helper()
	out, err := f.store.Apply(context.Background(), f.name, batch, "")
	if err != nil {
		f.Fatalf("Apply: %v", err)
	}
	if len(out.Results) != len(batch) {
		f.Fatalf("Apply of %d events gave %d results", len(batch), len(out.Results))
	}
	return out
}

// one sends one event and returns its result.
func (f *fixture) one(e leaderboard.Event) leaderboard.Result {
	f.Helper()
	return f.apply(e).Results[0]
}

func (f *fixture) head() leaderboard.Head {
	f.Helper()
	return f.snapshot().Head
}

func (f *fixture) snapshot() leaderboard.Snapshot {
	f.Helper()
	snap, err := f.store.Snapshot(context.Background(), f.name)
	if err != nil {
		f.Fatalf("Snapshot: %v", err)
	}
	return snap
}

// entries returns the snapshot's entries by member.
func entries(tb testing.TB, snap leaderboard.Snapshot) map[string]leaderboard.Entry {
	tb.Helper()
	all := make(map[string]leaderboard.Entry)
	for e := range snap.Entries {
		if _, twice := all[e.Member]; twice {
			tb.Fatalf("snapshot holds %q twice", e.Member)
		}
		all[e.Member] = e
	}
	if len(all) != snap.Total {
		tb.Fatalf("snapshot holds %d entries, its Total is %d", len(all), snap.Total)
	}
	return all
}

// entry returns a member's entry, which must be there.
func (f *fixture) entry(member string) leaderboard.Entry {
	f.Helper()
	e, ok := entries(f, f.snapshot())[member]
	if !ok {
		f.Fatalf("%q is not on the board", member)
	}
	return e
}

// applied is the result that the events of a test mostly want.
func (f *fixture) wantApplied(res leaderboard.Result, version uint64, score float64) {
	f.Helper()
	if res.Status != leaderboard.Applied || res.Version != version || res.Score == nil || *res.Score != score {
		f.Fatalf("got %s, want applied at version %d with score %v", show(res), version, score)
	}
}

func (f *fixture) wantRefused(res leaderboard.Result, code, field string) {
	f.Helper()
	if res.Status != leaderboard.Refused || res.Refusal == nil || res.Refusal.Code != code || res.Refusal.Field != field {
		f.Fatalf("got %s, want refused %s (%s)", show(res), code, field)
	}
	if res.Refusal.Message == "" {
		f.Fatalf("refusal %s has no message", code)
	}
}

func (f *fixture) wantDuplicate(res leaderboard.Result, version uint64, score float64) {
	f.Helper()
	if res.Status != leaderboard.Duplicate || res.Version != version || res.Score == nil || *res.Score != score {
		f.Fatalf("got %s, want duplicate at version %d with score %v", show(res), version, score)
	}
}

func (f *fixture) wantSeq(source string, seq uint64) {
	f.Helper()
	got, head, err := f.store.Source(context.Background(), f.name, source)
	if err != nil || got.Seq != seq || got.Source != source || head.Epoch == "" {
		f.Fatalf("Source(%s) = %+v, %+v, %v; want seq %d", source, got, head, err, seq)
	}
}

func wantEqual[T any](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if !reflect.DeepEqual(got, want) {
		tb.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func show(r leaderboard.Result) string {
	s := fmt.Sprintf("%s at version %d", r.Status, r.Version)
	if r.Score != nil {
		s += fmt.Sprintf(", score %v", *r.Score)
	}
	if r.Improved != nil {
		s += fmt.Sprintf(", improved %v", *r.Improved)
	}
	if r.Refusal != nil {
		s += fmt.Sprintf(", %+v", *r.Refusal)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

// incr is an event of source s that adds to member m.
func incr(seq uint64, by float64) leaderboard.Event {
	return leaderboard.Event{Member: "m", Op: leaderboard.Incr, Score: by, Source: "s", Seq: seq}
}

// byID gives an event an id in place of source and seq.
func byID(id string, e leaderboard.Event) leaderboard.Event {
	e.Source, e.Seq, e.ID = "", 0, id
	return e
}
