package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"testing"

	"rollcall/leaderboard"
)

// What a cell holds comes out of the file as it is on the board, whatever it is,
// and never as a formula.
func TestCSVKeepsEveryCell(t *testing.T) {
	cells := map[string]string{ // in the board: in the file
		`"plain"`: "plain", `-3.5`: "-3.5", `true`: "true", `"a,b"`: "a,b", `"say \"so\""`: `say "so"`,
		`"=1+1"`: "'=1+1", `"+1"`: "'+1", `"-1"`: "'-1", `"@x"`: "'@x", `"\ta"`: `"\ta"`,
		`"a\r\nb"`: `"a\r\nb"`, `"a\rb"`: `"a\rb"`, `"a\u0000"`: `"a\u0000"`, `[1,2]`: "[1,2]", `""`: "",
	}
	for raw, want := range cells {
		board := &fetched{Archive: leaderboard.Archive{Snapshot: leaderboard.Snapshot{Rules: leaderboard.Rules{}.WithDefaults()}}}
		board.entries = []leaderboard.Entry{{Member: "ann", Score: 1, Cells: leaderboard.Cells{"c": json.RawMessage(raw)}}}
		board.Entries = slices.Values(board.entries)
		var out bytes.Buffer
		if err := writeCSV(&out, board); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(lines) != 2 || lines[1][6] != want {
			t.Errorf("%s: %q, %v; want %q", raw, lines, err, want)
		}
	}
}
