package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rollcall/leaderboard"
)

// writeCSV writes the standings as RFC 4180 has it: rank, member, name, group,
// score, tie, then a column for each cell, those of the board's rules first.
func writeCSV(out io.Writer, board *fetched) error {
	rules := board.Rules.WithDefaults()
	columns := make([]string, 0, len(rules.Columns))
	head := []string{"rank", "member", "name", "group", "score", "tie"}
	more := map[string]bool{}
	for _, e := range board.entries {
		for id := range e.Cells {
			more[id] = true
		}
	}
	for _, c := range rules.Columns {
		columns = append(columns, c.ID)
		delete(more, c.ID)
	}
	columns = append(columns, slices.Sorted(maps.Keys(more))...)
	for _, id := range columns {
		head = append(head, safe(id))
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	_ = w.Write(head) // its first error is Error's
	leaderboard.NewReplica(board.Snapshot).Read(func(rd *leaderboard.Reader) {
		for _, e := range rd.Page(0, rd.Len(), rules.Scheme) {
			line := []string{
				strconv.Itoa(e.Rank), safe(e.Member), safe(e.Name), safe(e.Group),
				strconv.FormatFloat(e.Score, 'f', -1, 64), strconv.FormatInt(e.Tie, 10),
			}
			for _, id := range columns {
				line = append(line, csvCell(e.Cells[id]))
			}
			_ = w.Write(line)
		}
	})
	w.Flush()
	return w.Error()
}

// csvCell is a text as it is, a number as it is, and anything else as JSON; so
// is a text with control characters, which a line of CSV would not keep.
func csvCell(raw json.RawMessage) string {
	var text string
	switch {
	case raw == nil:
		return ""
	case json.Unmarshal(raw, &text) == nil && !strings.ContainsFunc(text, unicode.IsControl):
		return safe(text)
	case json.Unmarshal(raw, new(float64)) == nil:
		return string(raw)
	}
	return safe(string(raw))
}

// safe puts an apostrophe before a text that a spreadsheet would run as a
// formula (OWASP, CSV injection). Numbers of the board are not touched.
func safe(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
