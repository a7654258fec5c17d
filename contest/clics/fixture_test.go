package clics_test

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rollcall/contest/clics"
	"rollcall/wire"
)

const fixture = "testdata/euc2025.ndjson"

func TestRealFeedEndsInTheFinalScoreboard(t *testing.T) {
	r := readFile(t, fixture)
	wantFinal(t, r.Events, readBoard(t, "testdata/euc2025.final.json"))
	if r.Title != "The 2025 ICPC Europe Championship" || len(r.Rules.Columns) != 11 {
		t.Errorf("title %q, %d columns", r.Title, len(r.Rules.Columns))
	}
	want := wire.Column{ID: "A-condorcet-elections-NMXHOY", Label: "A", Name: "Condorcet Elections", Color: "#800080"}
	if got := r.Rules.Columns[0]; got != want {
		t.Errorf("column %+v, want %+v", got, want)
	}
}

func TestReducedFeedGivesTheEventsOfTheWholeOne(t *testing.T) {
	dir := contestData(t)
	if dir == "" {
		return
	}
	whole, reduced := readFile(t, dir+"/euc2025.ndjson"), readFile(t, fixture)
	if !reflect.DeepEqual(whole.Events, reduced.Events) {
		t.Errorf("%d events of the whole feed differ from %d of the reduced", whole.Len(), reduced.Len())
	}
}

func TestSameFileSameEvents(t *testing.T) {
	first := readFile(t, fixture)
	for range 3 {
		if again := readFile(t, fixture); !reflect.DeepEqual(first, again) {
			t.Fatal("a second reading differs")
		}
	}
}

// What a line does must not depend on lines that come later, but for metadata:
// a feed cut after any line gives a prefix of the whole feed's events.
func TestEventsOfACutFeedAreAPrefix(t *testing.T) {
	file, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	whole := readFile(t, fixture)
	lines := bytes.SplitAfter(file, []byte("\n"))
	for n := 300; n < len(lines); n += 97 {
		cut, err := clics.Events(bytes.NewReader(bytes.Join(lines[:n], nil)))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(cut.Events, whole.Events[:cut.Len()]) {
			t.Errorf("cut after %d lines: events are no prefix", n)
		}
	}
}

func TestEventsSetTeamsFirstThenOneRowAChange(t *testing.T) {
	r := readFile(t, fixture)
	teams := r.Events[:53]
	if !slices.IsSortedFunc(teams, func(a, b clics.Timed) int { return strings.Compare(a.Event.Member, b.Event.Member) }) {
		t.Error("teams do not come by id")
	}
	for _, e := range teams {
		if *e.Event.Score != 0 || *e.Event.Tie != 0 || e.Event.Name == nil || e.Event.Group == nil || e.Event.Cells != nil || e.At != 0 {
			t.Errorf("team's first event %+v", e)
		}
	}
	at := r.Events[0].At
	for i, e := range r.Events[53:] {
		if e.Event.Name != nil || e.Event.Group != nil || len(e.Event.Cells) != 1 {
			t.Errorf("event %d is not the change of one cell: %+v", 53+i, e.Event)
		}
		if e.At < at {
			t.Errorf("event %d goes back to %v", 53+i, e.At)
		}
		at = e.At
	}
}

func TestSourceNamesTheBytesOfTheFile(t *testing.T) {
	file, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	r := readFile(t, fixture)
	if r.Source != clics.Source(file) {
		t.Errorf("read as %s, hashed as %s", r.Source, clics.Source(file))
	}
	if got := clics.Source(nil); got != "replay-e3b0c44298fc1c14" {
		t.Errorf("empty file: %s", got)
	}
	if err := wire.CheckName("source", r.Source); err != nil {
		t.Error(err)
	}
}

func TestEventsPassTheRulesOfTheWire(t *testing.T) {
	for _, e := range readFile(t, fixture).Events {
		wantWire(t, e.Event)
	}
}

func wantWire(t testing.TB, e wire.Event) {
	t.Helper()
	if err := wire.CheckMember("member", e.Member); err != nil {
		t.Errorf("%+v: %v", e, err)
	}
	if *e.Score < 0 || *e.Score > wire.MaxScore || *e.Tie < 0 || float64(*e.Tie) > wire.MaxScore {
		t.Errorf("score %v, tie %d", *e.Score, *e.Tie)
	}
	for _, text := range []*string{e.Name, e.Group} {
		if text == nil {
			continue
		}
		if err := wire.CheckText("text", *text); err != nil {
			t.Errorf("%q: %v", *text, err)
		}
	}
	for id, c := range e.Cells {
		if len(c) > wire.MaxCell {
			t.Errorf("cell %s of %d bytes", id, len(c))
		}
	}
}
