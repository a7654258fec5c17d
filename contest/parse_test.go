package contest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/contest"
	"rollcall/wire"
)

func TestParseWholeFile(t *testing.T) {
	f, err := contest.Parse([]byte(`
# a comment
id: spring-2026
title: "Spring: the contest" # another
start: 2026-03-02T09:30:00+05:30
end: 2026-03-02T12:30:00.5+05:30
problems:
  - id: A
    label: "1"
    name: Two Sums
    color: "#2F6fdf"
    points: 12.5
    url: https://example.org/a?x=1
    statement: |
      First line.

      Second line, with a tab	and é.
  - {id: B, url: /problems/b, points: }
participants:
  - roll_number: 007
    student_name: Sainadh
    department: CSE
  - {roll_number: 1e3, student_name: "O'Hara, Miles"}
  - {roll_number: 0x1F, student_name: true, department: null}
`))
	if err != nil {
		t.Fatal(err)
	}
	if f.ID != "spring-2026" || f.Title != "Spring: the contest" || f.End.Sub(f.Start) != 3*time.Hour+500*time.Millisecond {
		t.Errorf("id %q, title %q, %v to %v", f.ID, f.Title, f.Start, f.End)
	}
	problems := []wire.Problem{
		{ID: "A", Label: "1", Name: "Two Sums", Color: "#2F6fdf", Points: 12.5, URL: "https://example.org/a?x=1", Statement: "First line.\n\nSecond line, with a tab\tand é.\n"},
		{ID: "B", Label: "B", Name: "B", URL: "/problems/b"},
	}
	if !reflect.DeepEqual(f.Problems, problems) {
		t.Errorf("problems %+v", f.Problems)
	}
	participants := []wire.Participant{
		{RollNumber: "007", StudentName: "Sainadh", Department: "CSE"},
		{RollNumber: "1e3", StudentName: "O'Hara, Miles"},
		{RollNumber: "0x1F", StudentName: "true"},
	}
	if !reflect.DeepEqual(f.Participants, participants) {
		t.Errorf("participants %+v", f.Participants)
	}
}

func TestFileWithWindowsLineEndsAndByteOrderMark(t *testing.T) {
	f, err := contest.Parse([]byte("\ufeffid: c\r\nparticipants:\r\n  - roll_number: x\r\n    student_name: Y\r\n"))
	if err != nil || len(f.Participants) != 1 || f.Participants[0].StudentName != "Y" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestRefusalsNameLineFieldAndWhatIsAllowed(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"empty", "", "id: is required"},
		{"only a comment", "# nothing\n", "id: is required"},
		{"no id", "title: x", "line 1: id: is required"},
		{"null id", "id: null", "line 1: id: is required"},
		{"bad id", "id: a b", "line 1: id: must be 1 to 64 characters of"},
		{"id is a list", "id: [a]", "line 1: id: must be a text"},
		{"not a mapping", "- id: a", "line 1: must be a mapping of id, title, start"},
		{"unknown key", "id: a\ntitel: x", "line 2: titel: unknown key; allowed are id, title, start, duration, end, problems, participants"},
		{"unknown key below", "id: a\nparticipants:\n  - roll_number: x\n    student_name: y\n    dept: CSE", "line 5: participants[0].dept: unknown key; allowed are roll_number, student_name, department"},
		{"repeated key", "id: a\nid: b", "line 2: "},
		{"anchor", "id: a\nproblems: &x [{id: A}]", "line 2: problems: must be a list"},
		{"merge key", "id: a\nproblems: [{<<: {id: A}}]", "unknown key"},
		{"tag", "id: !!str a", "line 1: id: must be a text"},
		{"second document", "id: a\n---\nid: b", "line 3: a second document"},
		{"bad YAML", "id: a\ntitle: 'x", "line 2: "},
		{"long title", "id: a\ntitle: " + strings.Repeat("x", 257), "line 2: title: must be at most 256 bytes"},
		{"control in title", "id: a\ntitle: \"a\\nb\"", "line 2: title: must be UTF-8 without control"},
		{"bad start", "id: a\nstart: 2026-03-02 09:30", "line 2: start: must be a time with its offset, as 2026"},
		{"bad duration", "id: a\nduration: 3\nstart: 2026-03-02T09:30:00Z", "line 2: duration: must be more than 0"},
		{"start alone", "id: a\nstart: 2026-03-02T09:30:00Z", "line 2: start: needs duration or end"},
		{"duration alone", "id: a\nduration: 3h", "line 2: duration: needs start"},
		{"end alone", "id: a\nend: 2026-03-02T09:30:00Z", "line 2: end: needs start"},
		{"both", "id: a\nstart: 2026-03-02T09:30:00Z\nduration: 3h\nend: 2026-03-02T12:30:00Z", "line 4: end: must not stand beside duration"},
		{"end before start", "id: a\nstart: 2026-03-02T09:30:00Z\nend: 2026-03-02T09:30:00Z", "line 3: end: must be after start"},
		{"problems no list", "id: a\nproblems: {id: A}", "line 2: problems: must be a list"},
		{"problem no mapping", "id: a\nproblems: [A]", "line 2: problems[0]: must be a mapping of id, label, name, color, statement, url, points"},
		{"problem without id", "id: a\nproblems: [{name: x}]", "line 2: problems[0].id: must be 1 to 64"},
		{"problem twice", "id: a\nproblems:\n  - {id: A}\n  - {id: A}", `line 4: problems[1].id: "A" is that of problems[0] too`},
		{"color", "id: a\nproblems: [{id: A, color: red}]", "line 2: problems[0].color: must be as"},
		{"points", "id: a\nproblems: [{id: A, points: many}]", "line 2: problems[0].points: must be a number"},
		{"negative points", "id: a\nproblems: [{id: A, points: -1}]", "problems[0].points: must be a number"},
		{"endless points", "id: a\nproblems: [{id: A, points: .inf}]", "problems[0].points: must be a number"},
		{"points nan", "id: a\nproblems: [{id: A, points: nan}]", "problems[0].points: must be a number"},
		{"script url", "id: a\nproblems: [{id: A, url: \"javascript:alert(1)\"}]", "problems[0].url: must be an address"},
		{"foreign url", "id: a\nproblems: [{id: A, url: //evil.example}]", "problems[0].url: must be an address"},
		{"backslash url", "id: a\nproblems: [{id: A, url: '/\\evil.example'}]", "problems[0].url: must be an address"},
		{"bidi statement", "id: a\nproblems: [{id: A, statement: \"\\u202e\"}]", "problems[0].statement: must be plain text"},
		{"no roll number", "id: a\nparticipants:\n  - student_name: x", "line 3: participants[0].roll_number: must be 1 to 128 bytes"},
		{"null participant", "id: a\nparticipants: [null]", "participants[0]: must be a mapping of roll_number"},
		{"no name", "id: a\nparticipants: [{roll_number: x}]", "participants[0].student_name: is required"},
		{"long name", "id: a\nparticipants: [{roll_number: x, student_name: " + strings.Repeat("n", 257) + "}]", "participants[0].student_name: must be at most 256 bytes"},
		{"dots", "id: a\nparticipants: [{roll_number: .., student_name: x}]", "participants[0].roll_number: must not be"},
		{"participant twice", "id: a\nparticipants:\n  - {roll_number: x, student_name: y}\n  - {roll_number: z, student_name: y}\n  - {roll_number: x, student_name: y}", `line 5: participants[2].roll_number: "x" is that of participants[0] too`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := contest.Parse([]byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestLimitsOfLists(t *testing.T) {
	file := "id: a\nproblems: [" + strings.Repeat("{id: A},", wire.MaxColumns+1) + "]"
	if _, err := contest.Parse([]byte(file)); err == nil || !strings.Contains(err.Error(), "problems: must be at most 128, are 129") {
		t.Errorf("got %v", err)
	}
	if _, err := contest.Parse(make([]byte, contest.MaxBytes+1)); err == nil {
		t.Error("a file over the limit was read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("id: a\ntitle: t\nstart: 2026-03-02T09:30:00Z\nduration: 3h\nproblems:\n- {id: A, points: 5, color: \"#000000\"}\n- id: B\n  statement: |\n    x\n"))
	f.Add([]byte("id: a\nparticipants:\n  - roll_number: 007\n    student_name: \"x\"\n  - {<<: *a, student_name: !!str y}\n"))
	f.Add([]byte("? a\n: b\n---\n&x [*x, {a: }]\n... %YAML"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := contest.Parse(data)
		if err != nil {
			return
		}
		if e := wire.CheckName("id", file.ID); e != nil {
			t.Error(e)
		}
		if err := (&contest.File{}).Merge(file.Participants); err != nil {
			t.Error(err)
		}
	})
}
