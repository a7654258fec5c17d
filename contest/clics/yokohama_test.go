package clics_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Of the Yokohama Regional 2024 only DOMjudge's scoreboards are known, not the
// feed. A feed that tells the same story, every rejection at the minute of the
// accepted one, must give the official rank, total time and cells.
func TestOfficialBoardOfYokohama(t *testing.T) {
	dir := contestData(t)
	if dir == "" {
		return
	}
	for _, audience := range []string{"public", "final"} {
		t.Run(audience, func(t *testing.T) {
			board := readBoard(t, filepath.Join(dir, "yokohama2024", audience, "scoreboard.json"))
			r := newReplay(t, head,
				line(`{"type":"teams","id":null,"data":[]}`),
				collection(t, "teams", filepath.Join(dir, "yokohama2024", audience, "teams.json")),
				collection(t, "problems", filepath.Join(dir, "yokohama2024", audience, "problems.json")),
				retold(board))
			wantFinal(t, r.Events, board)
		})
	}
}

// collection is a file with a list of objects as one line of a feed.
func collection(t testing.TB, kind, path string) string {
	t.Helper()
	list, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"type": kind, "data": json.RawMessage(list)})
	if err != nil {
		t.Fatal(err)
	}
	return line(string(b))
}

// retold writes submissions and judgements that make the cells of a board.
func retold(board scoreboard) string {
	var feed strings.Builder
	n := 0
	add := func(team, problem, verdict string, minute int64) {
		n++
		id := fmt.Sprint(n)
		feed.WriteString(sub("s"+id, team, problem, fmt.Sprintf("%d:%02d:59.9", minute/60, minute%60)))
		feed.WriteString(jud("j"+id, "s"+id, verdict, ""))
	}
	for _, r := range board.Rows {
		for _, c := range r.Problems {
			at := int64(280)
			rejected := c.Judged
			if c.Solved {
				at = *c.Time
				rejected--
			}
			for range rejected {
				add(r.Team, c.Problem, "WA", at)
			}
			for range c.Pending {
				add(r.Team, c.Problem, "", at)
			}
			if c.Solved {
				add(r.Team, c.Problem, "AC", at)
			}
		}
	}
	return feed.String()
}
