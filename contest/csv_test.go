package contest_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"rollcall/contest"
	"rollcall/wire"
)

func TestParticipantsFromSpreadsheets(t *testing.T) {
	want := []wire.Participant{
		{RollNumber: "007", StudentName: "Sainadh", Department: "CSE"},
		{RollNumber: "24EC1", StudentName: `Iyer, "Meera"`, Department: "ECE"},
	}
	tests := []struct{ name, file string }{
		{"plain", "roll_number,student_name,department\n007,Sainadh,CSE\n24EC1,\"Iyer, \"\"Meera\"\"\",ECE\n"},
		{"another order", "department,roll_number,student_name\nCSE,007,Sainadh\nECE,24EC1,\"Iyer, \"\"Meera\"\"\""},
		{"as Excel writes it", "\ufeffRoll Number;Student Name;Department\r\n007;Sainadh;CSE\r\n24EC1;\"Iyer, \"\"Meera\"\"\";ECE\r\n"},
		{"tabs and spaces", "\nROLL_NUMBER\tStudent name\tdepartment\n\n 007 \tSainadh\t CSE\n24EC1\t\"Iyer, \"\"Meera\"\"\"\tECE\n\t\t\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := contest.ReadParticipantsCSV(strings.NewReader(tt.file))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestDepartmentMayBeMissing(t *testing.T) {
	got, err := contest.ReadParticipantsCSV(strings.NewReader("roll_number,student_name,department\n1,One\n"))
	if err != nil || len(got) != 1 || got[0].Department != "" {
		t.Errorf("short row: %+v, %v", got, err)
	}
	got, err = contest.ReadParticipantsCSV(strings.NewReader("student_name,roll_number\nOne,1\n"))
	if err != nil || len(got) != 1 || got[0].RollNumber != "1" {
		t.Errorf("no column: %+v, %v", got, err)
	}
}

func TestCSVRefusalsNameTheLine(t *testing.T) {
	const head = "roll_number,student_name,department\n"
	tests := []struct{ name, file, want string }{
		{"empty", "", "first row must name the columns roll_number, student_name, department"},
		{"no head", "24CS001,Sainadh,CSE\n", `first row: unknown column "24CS001"; allowed are roll_number`},
		{"column missing", "roll_number,department\n", "first row: column student_name is required"},
		{"column twice", "roll_number,Roll Number,student_name\n", "first row: column roll_number must stand once"},
		{"too many cells", head + "1,a,b\n2,a,b,c\n", "line 3: 4 columns, the first row names 3"},
		{"no roll number", head + "1,a,b\n,a,b\n", "line 3: roll_number: must be 1 to 128 bytes"},
		{"no name", head + "1,,b\n", "line 2: student_name: is required"},
		{"twice", head + "1,a,b\n\n2,a,b\n1,c,d\n", `line 5: roll_number: "1" is that of line 2 too`},
		{"open quote", head + "1,\"a\n", "line 2: "},
		{"line break in a name", head + "1,\"a\nb\",c\n", "line 2: student_name: must be UTF-8 without control"},
		{"bare quote", head + "1,a,b\n2,a\"b,c\n", "line 3: "},
		{"not UTF-8", head + "1,Jos\xe9,c\n", "line 2: student_name: must be UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := contest.ReadParticipantsCSV(strings.NewReader(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestCSVReadErrorIsTold(t *testing.T) {
	broken := errors.New("disk gone")
	if _, err := contest.ReadParticipantsCSV(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestCSVLimit(t *testing.T) {
	if _, err := contest.ReadParticipantsCSV(bytes.NewReader(make([]byte, contest.MaxBytes+1))); err == nil || !strings.Contains(err.Error(), "must be at most") {
		t.Errorf("got %v", err)
	}
}

func FuzzReadParticipantsCSV(f *testing.F) {
	f.Add([]byte("\ufeffRoll Number;Student Name\r\n1;\"a \"\"b\"\"\"\r\n"))
	f.Add([]byte("roll_number,student_name,department\n1,a,b\n1,\"c\n,d"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := contest.ReadParticipantsCSV(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := (&contest.File{}).Merge(got); err != nil {
			t.Error(err)
		}
	})
}
