package harness

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/contest/clics"
	"rollcall/wire"
)

// Feed is a recorded contest and the scoreboard it must end with.
type Feed struct {
	Name   string
	Path   string // event feed
	Replay *clics.Replay
	final  scoreboard
}

// scoreboard is a scoreboard in CLICS form, as far as it is compared.
type scoreboard struct {
	Rows []struct {
		Rank  int    `json:"rank"`
		Team  string `json:"team_id"`
		Score struct {
			Solved int64 `json:"num_solved"`
			Total  int64 `json:"total_time"`
		} `json:"score"`
		Problems []struct {
			Problem string `json:"problem_id"`
			cell
		} `json:"problems"`
	} `json:"rows"`
}

type cell struct {
	Judged  int  `json:"num_judged"`
	Pending int  `json:"num_pending"`
	Solved  bool `json:"solved"`
	Time    int  `json:"time"`
}

func newFeed(tb testing.TB, path, final string) Feed {
	tb.Helper()
	f := Feed{Name: strings.TrimSuffix(filepath.Base(path), ".ndjson")}
	var err error
	if f.Path, err = filepath.Abs(path); err != nil {
		tb.Fatal(err)
	}
	raw, err := os.ReadFile(final)
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(raw, &f.final); err != nil {
		tb.Fatalf("%s: %v", final, err)
	}
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if f.Replay, err = clics.Events(file); err != nil {
		tb.Fatal(err)
	}
	return f
}

// Fixture is the real contest that lives in the repository.
func Fixture(tb testing.TB) Feed {
	tb.Helper()
	dir := filepath.Join(Root(tb), "contest", "clics", "testdata")
	return newFeed(tb, filepath.Join(dir, "euc2025.ndjson"), filepath.Join(dir, "euc2025.final.json"))
}

// WholeFeeds are real feeds too large for the repository, where they are:
// euc2025, then wf48.
func WholeFeeds(tb testing.TB) []Feed {
	tb.Helper()
	dir := cmp.Or(os.Getenv("ROLLCALL_CONTEST_DATA"), filepath.Join(Root(tb), "..", "shared", "data", "contests"))
	if _, err := os.Stat(dir); err != nil {
		tb.Logf("no whole feeds here (ROLLCALL_CONTEST_DATA): ran on the fixture only")
		return nil
	}
	var all []Feed
	for _, name := range []string{"euc2025", "wf48"} {
		all = append(all, newFeed(tb, filepath.Join(dir, name+".ndjson"), filepath.Join(dir, "expected", name+".final.json")))
	}
	return all
}

// WantFinal compares a board, as the API shows it, with the feed's final
// scoreboard: the rows and their order of ranks, solved, total time, and every
// cell.
func (f Feed) WantFinal(t testing.TB, page wire.BoardPage) {
	t.Helper()
	want := f.final
	if page.Total != len(want.Rows) || len(page.Entries) != len(want.Rows) {
		t.Fatalf("board %s: total %d, %d entries, want %d", page.Board, page.Total, len(page.Entries), len(want.Rows))
	}
	rows := map[string]wire.Entry{}
	last := 0
	for _, e := range page.Entries {
		if e.Rank < last {
			t.Errorf("board %s: rank %d after %d", page.Board, e.Rank, last)
		}
		last = e.Rank
		rows[e.Member] = e
	}
	for _, w := range want.Rows {
		e := rows[w.Team]
		if e.Rank != w.Rank || int64(e.Score) != w.Score.Solved || e.Tie>>20 != w.Score.Total {
			t.Errorf("board %s, team %s: rank %d, %v solved, %d min; want %d, %+v", page.Board, w.Team, e.Rank, e.Score, e.Tie>>20, w.Rank, w.Score)
		}
		attempted := 0
		for _, p := range w.Problems {
			if got := cellOf(t, e.Cells[p.Problem]); got != p.cell {
				t.Errorf("board %s, team %s, problem %s: %+v, want %+v", page.Board, w.Team, p.Problem, got, p.cell)
			}
			if p.Judged+p.Pending > 0 {
				attempted++
			}
		}
		if len(e.Cells) != attempted {
			t.Errorf("board %s, team %s: %d cells, want %d", page.Board, w.Team, len(e.Cells), attempted)
		}
	}
}

// cellOf reads a cell of the board; an absent one is all zero.
func cellOf(t testing.TB, raw json.RawMessage) cell {
	t.Helper()
	var c struct {
		Judged, Pending int
		Solved          bool
		Time            int
	}
	if raw == nil {
		return cell(c)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatalf("cell %s: %v", raw, err)
	}
	return cell(c)
}
