package boardfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardfile"
)

func sample() (leaderboard.Archive, []leaderboard.Entry) {
	entries := []leaderboard.Entry{
		{Member: "ann", Score: 9007199254740991, Tie: 3, Name: "Ann <b>", Group: "A & B", Cells: leaderboard.Cells{"a": json.RawMessage(`{"x":[1,"é<>&"]}`)}},
		{Member: "b\"ob", Score: -0.1, Tie: 2},
	}
	a := leaderboard.Archive{
		Snapshot: leaderboard.Snapshot{
			Head:    leaderboard.Head{Epoch: "e1", Version: 4, Chain: "c4"},
			Rules:   leaderboard.Rules{Title: "T", Ack: leaderboard.LevelDisk, Columns: []leaderboard.Column{{ID: "a"}}}.WithDefaults(),
			Total:   2,
			Entries: slices.Values(entries),
		},
		Origin:  "e0",
		Sources: []leaderboard.Source{{Name: "s", Seq: 7, Generation: 2, Refused: []leaderboard.RefusedSeq{{Seq: 5, Refusal: leaderboard.Refusal{Code: "out_of_range", Field: "score", Message: "too much"}}}}, {Name: "t", Seq: 1}},
	}
	return a, entries
}

func TestArchiveComesBackAsItWas(t *testing.T) {
	a, entries := sample()
	var file bytes.Buffer
	if err := boardfile.Write(&file, "finals", a); err != nil {
		t.Fatal(err)
	}
	r, err := boardfile.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Archive()
	if read := slices.Collect(got.Entries); !reflect.DeepEqual(read, entries) || r.Err() != nil {
		t.Errorf("entries %+v, %v", read, r.Err())
	}
	got.Entries, a.Entries = nil, nil
	if r.Board != "finals" || !reflect.DeepEqual(got, a) {
		t.Errorf("%s: %+v, want %+v", r.Board, got, a)
	}
}

func TestDamagedArchiveSaysWhere(t *testing.T) {
	a, _ := sample()
	var file bytes.Buffer
	if err := boardfile.Write(&file, "finals", a); err != nil {
		t.Fatal(err)
	}
	good := file.String()
	for field, text := range map[string]string{
		"format":     strings.Replace(good, boardfile.Format, "rollcall.archive.v9", 1),
		"total":      strings.Replace(good, `"total":2`, `"total":"2"`, 1),
		"sources[0]": strings.Replace(good, `"seq":7`, `"seq":-7`, 1),
		"sources":    strings.Replace(good, `"sources":[`, `"sources":null,"x":[`, 1),
		"head":       strings.Replace(good, `"total":2`, `"head":{"version":9},"total":2`, 1),
		"rules":      strings.Replace(good, `"rules"`, `"rule"`, 1),
		"x":          strings.Replace(good, `"total":2`, `"x":"`+strings.Repeat("x", 3<<20)+`","total":2`, 1),
		"entries[0]": strings.Replace(good, `"entries":[`, `"entries":[`+strings.Repeat("[", 20_000), 1),
		"entries[1]": strings.Replace(good, `-0.1`, `"x"`, 1),
		"entries":    strings.Replace(good, `"entries":[`, `"entries":{`, 1),
		"":           good + "{}",
	} {
		var fault *boardfile.Fault
		if err := readAll(text); !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var fault *boardfile.Fault
	if err := readAll(strings.Replace(good, "-0.1", "1e400", 1)); !errors.As(err, &fault) || fault.Field != "entries[1]" {
		t.Errorf("a number that is none: %v", err)
	}
	for cut := range len(good) - 1 {
		if err := readAll(good[:cut]); err == nil {
			t.Fatalf("cut after %d of %d bytes it is taken", cut, len(good))
		}
	}
	if err := readAll(strings.Replace(good, "\n]}", "\n],\"late\":1}", 1)); err == nil {
		t.Error("a field after the entries is taken")
	}
}

// TestOneValueIsHeldAtATime: however long a file is, a value without an end is
// refused before it has filled the memory.
func TestOneValueIsHeldAtATime(t *testing.T) {
	a, _ := sample()
	var file bytes.Buffer
	if err := boardfile.Write(&file, "finals", a); err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(file.String(), "{\"member\"")
	rules, _, _ := strings.Cut(header, `"title"`)
	sources, _, _ := strings.Cut(header, `{"source"`)
	for begin, filler := range map[string]string{
		rules: " ", sources: " ", header: " ",
		header + `{"x":"`:           "x",
		header + `{"cells":{"a":"`:  "x",
		header + `{"cells":{"a":[`:  "1,",
		header + `{"member":"ann",`: `"x":1,`,
	} {
		rest := &endless{text: filler}
		err := drain(io.MultiReader(strings.NewReader(begin), rest))
		if err == nil || !strings.Contains(err.Error(), "longer than") || rest.n > 5<<20 {
			t.Errorf("%q without end: %v after %d bytes", filler, err, rest.n)
		}
	}
}

// endless is a text without an end, up to 64 MiB.
type endless struct {
	text string
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n > 64<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = e.text[(e.n+i)%len(e.text)]
	}
	e.n += len(p)
	return len(p), nil
}

func TestChangelogIsReadToItsEnd(t *testing.T) {
	deltas := []leaderboard.Delta{{Epoch: "e", To: 1, Chain: "a"}, {Epoch: "e", From: 1, To: 2, PrevChain: "a", Chain: "b"}}
	start := boardfile.Start{Board: "b", After: leaderboard.Head{Epoch: "e"}}
	var file bytes.Buffer
	if err := boardfile.WriteChanges(&file, start, deltas); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	if s, got, err := boardfile.ReadChanges(strings.NewReader(text)); err != nil || s != start || !reflect.DeepEqual(got, deltas) {
		t.Errorf("read %+v, %+v, %v", s, got, err)
	}
	broken := errors.New("broken")
	for cut := range len(text) - 1 {
		if _, _, err := boardfile.ReadChanges(io.MultiReader(strings.NewReader(text[:cut]), iotest.ErrReader(broken))); err == nil {
			t.Fatalf("broken after %d of %d bytes it is taken for whole", cut, len(text))
		}
	}
}

func readAll(text string) error { return drain(strings.NewReader(text)) }

func drain(in io.Reader) error {
	r, err := boardfile.Read(in)
	if err != nil {
		return err
	}
	for range r.Archive().Entries { //nolint:revive // only to its end
	}
	return r.Err()
}

func FuzzRead(f *testing.F) {
	a, _ := sample()
	var file bytes.Buffer
	if err := boardfile.Write(&file, "finals", a); err != nil {
		f.Fatal(err)
	}
	f.Add(file.String())
	f.Fuzz(func(t *testing.T, text string) { _ = readAll(text) })
}
