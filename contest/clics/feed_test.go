package clics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/contest/clics"
)

// head is a small contest in the new form: five hours, 20 minutes of penalty,
// two problems, two teams.
const head = `{"type":"contest","id":null,"data":{"id":"c","name":"Small","start_time":"2026-01-01T10:00:00Z","duration":"5:00:00","penalty_time":20}}
{"type":"judgement-types","id":"AC","data":{"id":"AC","solved":true,"penalty":false}}
{"type":"judgement-types","id":"WA","data":{"id":"WA","solved":false,"penalty":true}}
{"type":"judgement-types","id":"CE","data":{"id":"CE","solved":false,"penalty":false}}
{"type":"judgement-types","id":"JE","data":{"id":"JE","solved":false,"penalty":true}}
{"type":"problems","id":"p","data":{"id":"p","label":"A","ordinal":0,"name":"First","rgb":"#FF0000"}}
{"type":"problems","id":"q","data":{"id":"q","label":"B","ordinal":1,"name":"Second","color":"red"}}
{"type":"teams","id":"1","data":{"id":"1","name":"One"}}
{"type":"teams","id":"2","data":{"id":"2","name":"Two","display_name":"Team Two"}}
`

func sub(id, team, problem, at string) string {
	return fmt.Sprintf(`{"type":"submissions","id":%q,"data":{"id":%q,"team_id":%q,"problem_id":%q,"contest_time":%q}}`+"\n", id, id, team, problem, at)
}

// jud is a judgement; extra is more of its fields.
func jud(id, submission, verdict, extra string) string {
	v := "null"
	if verdict != "" {
		v = `"` + verdict + `"`
	}
	if extra != "" {
		extra = "," + extra
	}
	return fmt.Sprintf(`{"type":"judgements","id":%q,"data":{"id":%q,"submission_id":%q,"judgement_type_id":%s%s}}`+"\n", id, id, submission, v, extra)
}

func line(s string) string { return s + "\n" }

func newReplay(t testing.TB, feed ...string) *clics.Replay {
	t.Helper()
	r, err := clics.Events(strings.NewReader(strings.Join(feed, "")))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Events {
		wantWire(t, e.Event)
	}
	return r
}

// story writes the events after the teams' first ones as
// "team solved/total/last cell…".
func story(r *clics.Replay) []string {
	var lines []string
	for _, e := range r.Events {
		if e.Event.Name != nil {
			continue
		}
		s := fmt.Sprintf("%s %v/%d/%d", e.Event.Member, *e.Event.Score, *e.Event.Tie>>20, *e.Event.Tie&(1<<20-1))
		var cells []string
		for id, c := range e.Event.Cells {
			cells = append(cells, " "+id+string(c))
		}
		slices.Sort(cells)
		lines = append(lines, s+strings.Join(cells, ""))
	}
	return lines
}

func wantStory(t testing.TB, r *clics.Replay, want ...string) {
	t.Helper()
	if got := story(r); !slices.Equal(got, want) {
		t.Errorf("events:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// open and done are cells as they stand on the board.
func open(judged, pending int) string {
	return fmt.Sprintf(`{"judged":%d,"pending":%d,"solved":false}`, judged, pending)
}

func done(judged, pending, minute int) string {
	return fmt.Sprintf(`{"judged":%d,"pending":%d,"solved":true,"time":%d}`, judged, pending, minute)
}
