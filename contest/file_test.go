package contest_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/contest"
	"rollcall/wire"
)

func TestSample(t *testing.T) {
	f := contest.Sample()
	if f.ID != "sample" || len(f.Problems) != 8 || len(f.Participants) != 60 || !f.Start.IsZero() {
		t.Errorf("id %q, %d problems, %d participants, start %v", f.ID, len(f.Problems), len(f.Participants), f.Start)
	}
	departments := map[string]bool{}
	sainadh, longest := 0, 0
	for _, p := range f.Participants {
		departments[p.Department] = true
		longest = max(longest, len(p.StudentName))
		if p.StudentName == "Sainadh" {
			sainadh++
		}
	}
	if len(departments) != 4 || sainadh != 1 || longest < 50 {
		t.Errorf("departments %v, %d named Sainadh, longest name %d bytes", departments, sainadh, longest)
	}
	for _, p := range f.Problems {
		if p.Color == "" || p.Statement == "" || p.Points == 0 {
			t.Errorf("problem %+v lacks something", p)
		}
	}
}

func TestSampleIsFreshEachTime(t *testing.T) {
	contest.Sample().Participants[0].StudentName = "changed"
	if contest.Sample().Participants[0].StudentName == "changed" {
		t.Error("samples share memory")
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("id: spring\nstart: never\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := contest.Load(path); err == nil || !strings.Contains(err.Error(), path+": line 2: start: ") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte("id: spring\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := contest.Load(path); err != nil || f.Title != "spring" {
		t.Errorf("got %+v, %v", f, err)
	}
	if err := os.WriteFile(path, make([]byte, contest.MaxBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := contest.Load(path); err == nil || !strings.Contains(err.Error(), "must be at most") {
		t.Errorf("got %v", err)
	}
	if _, err := contest.Load(path + ".none"); err == nil {
		t.Error("a missing file was loaded")
	}
}

func TestWire(t *testing.T) {
	f, err := contest.Parse([]byte("id: c\ntitle: T\nstart: 2026-03-02T09:30:00+05:30\nduration: 3h\nproblems: [{id: A}]\nparticipants: [{roll_number: 007, student_name: X}]"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	want := wire.Contest{
		ID: "c", Title: "T", Room: "c", Board: "c",
		Start: start.UnixMilli(), End: start.Add(3 * time.Hour).UnixMilli(), Now: 5000,
		Problems:     []wire.Problem{{ID: "A", Label: "A", Name: "A"}},
		Participants: []wire.Participant{{RollNumber: "007", StudentName: "X"}},
	}
	if got := f.Wire(time.UnixMilli(5000)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := (&contest.File{ID: "x"}).Wire(time.UnixMilli(1)); got.Start != 0 || got.End != 0 || got.Problems == nil {
		t.Errorf("without times and problems: %+v", got)
	}
}

func TestMergeReplacesByRollNumber(t *testing.T) {
	f := &contest.File{ID: "c"}
	err := f.Merge([]wire.Participant{{RollNumber: "1", StudentName: "One"}, {RollNumber: "2", StudentName: "Two"}})
	if err != nil {
		t.Fatal(err)
	}
	err = f.Merge([]wire.Participant{{RollNumber: "3", StudentName: "Three"}, {RollNumber: "1", StudentName: "Uno", Department: "CSE"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []wire.Participant{{RollNumber: "1", StudentName: "Uno", Department: "CSE"}, {RollNumber: "2", StudentName: "Two"}, {RollNumber: "3", StudentName: "Three"}}
	if !reflect.DeepEqual(f.Participants, want) {
		t.Errorf("got %+v", f.Participants)
	}
	err = f.Merge([]wire.Participant{{RollNumber: "2", StudentName: "Dos"}, {RollNumber: "", StudentName: "x"}})
	if err == nil || !strings.HasPrefix(err.Error(), "participants[1].roll_number: must be") || !reflect.DeepEqual(f.Participants, want) {
		t.Errorf("a refused merge: %v, left %+v", err, f.Participants)
	}
	if err := f.Merge(make([]wire.Participant, 1)); err == nil {
		t.Error("an empty participant was merged")
	}
}
