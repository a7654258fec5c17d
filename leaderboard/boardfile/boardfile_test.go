package boardfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

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
		"sources":    strings.Replace(good, `"seq":7`, `"seq":-7`, 1),
		"entries[1]": strings.Replace(good, `-0.1`, `"x"`, 1),
		"entries":    strings.Replace(good, `"entries":[`, `"entries":{`, 1),
		"":           good + "{}",
	} {
		var fault *boardfile.Fault
		if err := readAll(text); !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%s: %v", field, err)
		}
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

func readAll(text string) error {
	r, err := boardfile.Read(strings.NewReader(text))
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
