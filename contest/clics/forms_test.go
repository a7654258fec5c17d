package clics_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"rollcall/contest/clics"
)

func TestForwardReferences(t *testing.T) {
	r := newReplay(t, jud("j1", "s1", "AC", ""), sub("s1", "1", "p", "0:10:00"), head)
	wantStory(t, r, "1 1/10/10 p"+done(1, 0, 10))
}

func TestFormOf2020(t *testing.T) {
	r := newReplay(t,
		line(`{"type":"contests","id":"e0","op":"create","data":{"id":"c","name":"Old","duration":"05:00:00","penalty_time":20}}`),
		line(`{"type":"problems","id":"e1","op":"create","data":{"id":"p","label":"A","ordinal":1}}`),
		line(`{"type":"teams","id":"e2","op":"create","data":{"id":7,"name":"Seven"}}`),
		line(`{"type":"teams","id":"e3","op":"create","data":{"id":"8","name":"Eight"}}`),
		line(`{"type":"submissions","id":"e4","op":"create","data":{"id":"s1","team_id":7,"problem_id":"p","contest_time":"0:10:00.000"}}`),
		line(`{"type":"judgements","id":"e5","op":"create","data":{"id":"j1","submission_id":"s1","judgement_type_id":null}}`),
		line(`{"type":"judgements","id":"e6","op":"update","data":{"id":"j1","submission_id":"s1","judgement_type_id":"AC"}}`),
		line(`{"type":"teams","id":"e7","op":"delete","data":{"id":"8"}}`),
		line(`{"type":"submissions","id":"e8","op":"delete","data":{"id":"s1"}}`))
	wantStory(t, r, "7 0/0/0 p"+open(0, 1), "7 1/10/10 p"+done(1, 0, 10), "7 0/0/0 pnull")
	if r.Title != "Old" || r.Len() != 4 {
		t.Errorf("title %q, %d events", r.Title, r.Len())
	}
}

func TestBlankLinesUnknownTypesAndEmptyStates(t *testing.T) {
	r := newReplay(t, "\ufeff", line(`{"type":"state","data":{},"token":"t0"}`), "\n  \n\r\n",
		line(`{"type":"map-info","id":{"odd":1},"data":[1,2]}`), head,
		line(`{"type":"start-status","id":"x","op":"create","data":"go"}`),
		line(`{"type":"state","id":null,"data":{"ended":"2069-01-01T00:00:00-05"}}`),
		strings.ReplaceAll(sub("s1", "1", "p", "0:10:00"), "\n", "\r\n"), "\n\n")
	wantStory(t, r, "1 0/0/0 p"+open(0, 1))
}

func TestLastLineNeedsNoNewline(t *testing.T) {
	r := newReplay(t, head, strings.TrimSpace(sub("s1", "1", "p", "0:10:00")))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1))
}

func TestLinesOfMegabytes(t *testing.T) {
	long := line(`{"type":"organizations","id":"o","data":{"id":"o","name":"O","logo":"` + strings.Repeat("x", 5<<20) + `"}}`)
	r := newReplay(t, long, head, long, sub("s1", "1", "p", "0:10:00"))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1))
}

func TestSubmissionsOfNobodyOnTheBoardAreNoRows(t *testing.T) {
	r := newReplay(t, head, sub("s1", "ghost", "p", "0:10:00"), sub("s2", "1", "ghost", "0:10:00"), jud("j1", "s2", "AC", ""), jud("j2", "ghost", "AC", ""))
	wantStory(t, r)
}

func TestDamagedLineIsNamed(t *testing.T) {
	tests := []struct{ name, line, says string }{
		{"cut", `{"type":"submissions","id":"s1","data":{"id":"s1","te`, "not a notification"},
		{"no JSON", `submissions`, "not a notification"},
		{"two values", `{"type":"state"} {"type":"state"}`, "not a notification"},
		{"no object", `[1]`, "not a notification"},
		{"null", `null`, "type is missing"},
		{"no type", `{"id":"s1","data":null}`, "type is missing"},
		{"data is a text", `{"type":"teams","id":"1","data":"x"}`, "teams: data"},
		{"wrong kind", `{"type":"teams","id":"1","data":{"name":5}}`, "teams: data"},
		{"id is an object", `{"type":"teams","id":{},"data":{}}`, "teams: id"},
		{"no id", `{"type":"teams","id":null,"data":{"name":"x"}}`, "id is missing"},
		{"no id in a list", `{"type":"teams","id":null,"data":[{"id":"1"},{"name":"x"}]}`, "data[1]: id is missing"},
		{"old delete without id", `{"type":"teams","id":"e","op":"delete","data":null}`, "id is missing"},
		{"unknown op", `{"type":"teams","id":"e","op":"upsert","data":{"id":"1"}}`, `op "upsert"`},
		{"time", `{"type":"submissions","id":"s","data":{"team_id":"1","problem_id":"p","contest_time":"1:60:00"}}`, `"1:60:00"`},
		{"time is a number", `{"type":"submissions","id":"s","data":{"contest_time":5}}`, "time 5"},
		{"no time at all", `{"type":"submissions","id":"s","data":{"team_id":"1","problem_id":"p"}}`, "contest_time is missing"},
		{"penalty", `{"type":"contest","id":"c","data":{"penalty_time":-1}}`, "penalty_time"},
		{"huge penalty", `{"type":"contest","id":"c","data":{"penalty_time":"200000:00:00"}}`, "penalty_time must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := clics.Events(strings.NewReader(head + tt.line + "\n" + sub("s9", "1", "p", "0:10:00")))
			if err == nil || !strings.Contains(err.Error(), "line 10: ") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want line 10 and %q", err, tt.says)
			}
		})
	}
}

func TestFileThatIsNoFeed(t *testing.T) {
	for _, file := range []string{"", "\n\n", `{"type":"state","data":{}}`, `{"type":"contest","id":"c","data":{}}` + "\n" + `{"type":"contest","id":"c","data":null}`} {
		if _, err := clics.Events(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), "no contest") {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestReadErrorIsTold(t *testing.T) {
	broken := errors.New("disk gone")
	_, err := clics.Events(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestLineOverTheLimit(t *testing.T) {
	_, err := clics.Events(io.MultiReader(strings.NewReader(head), strings.NewReader(strings.Repeat("x", 33<<20))))
	if err == nil || !strings.Contains(err.Error(), "line 10: longer than") {
		t.Errorf("got %v", err)
	}
}
