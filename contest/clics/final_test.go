package clics_test

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"rollcall/contest/clics"
	"rollcall/wire"
)

// A scoreboard in CLICS form, as far as we compare it.
type scoreboard struct {
	Rows []boardRow `json:"rows"`
}

type boardRow struct {
	Rank  int    `json:"rank"`
	Team  string `json:"team_id"`
	Score struct {
		Solved int64  `json:"num_solved"`
		Total  int64  `json:"total_time"`
		Last   *int64 `json:"time"` // missing where nothing is solved, and on DOMjudge's boards
	} `json:"score"`
	Problems []boardCell `json:"problems"`
}

type boardCell struct {
	Problem string `json:"problem_id"`
	Judged  int    `json:"num_judged"`
	Pending int    `json:"num_pending"`
	Solved  bool   `json:"solved"`
	Time    *int64 `json:"time"`
}

func readBoard(t testing.TB, path string) scoreboard {
	t.Helper()
	var b scoreboard
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return b
}

// fold applies events as a board does: set, keep what is absent, merge cells.
func fold(t testing.TB, events []clics.Timed) map[string]*wire.Entry {
	t.Helper()
	rows := map[string]*wire.Entry{}
	for i, e := range events {
		ev := e.Event
		if ev.Op != wire.OpSet || ev.Score == nil || ev.Tie == nil {
			t.Fatalf("event %d is not a full set: %+v", i, ev)
		}
		r := rows[ev.Member]
		if r == nil {
			r = &wire.Entry{Member: ev.Member, Cells: map[string]json.RawMessage{}}
			rows[ev.Member] = r
		}
		r.Score, r.Tie = *ev.Score, *ev.Tie
		if ev.Name != nil {
			r.Name, r.Group = *ev.Name, *ev.Group
		}
		for id, c := range ev.Cells {
			if string(c) == "null" {
				delete(r.Cells, id)
			} else {
				r.Cells[id] = c
			}
		}
	}
	return rows
}

// ranked orders rows as the board does and gives them competition ranks.
func ranked(rows map[string]*wire.Entry) []*wire.Entry {
	var all []*wire.Entry
	for _, r := range rows {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *wire.Entry) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Tie, b.Tie), cmp.Compare(a.Member, b.Member))
	})
	for i, r := range all {
		r.Rank = i + 1
		if i > 0 && all[i-1].Score == r.Score && all[i-1].Tie == r.Tie {
			r.Rank = all[i-1].Rank
		}
	}
	return all
}

// cellOf reads a cell of the board; a missing one is all zero.
func cellOf(t testing.TB, raw json.RawMessage) (c boardCell) {
	t.Helper()
	if raw == nil {
		return c
	}
	var form struct {
		Judged  int
		Pending int
		Solved  bool
		Time    *int64
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		t.Fatalf("cell %s: %v", raw, err)
	}
	return boardCell{Judged: form.Judged, Pending: form.Pending, Solved: form.Solved, Time: form.Time}
}

// wantFinal compares folded events with a final scoreboard: rank, solved, total
// time, minute of the last accepted, and every cell.
func wantFinal(t testing.TB, events []clics.Timed, want scoreboard) {
	t.Helper()
	rows := fold(t, events)
	ranked(rows)
	if len(rows) != len(want.Rows) {
		t.Fatalf("%d rows, want %d", len(rows), len(want.Rows))
	}
	cells := 0
	for _, w := range want.Rows {
		r := rows[w.Team]
		if r == nil {
			t.Errorf("team %s is missing", w.Team)
			continue
		}
		last := r.Tie & (1<<20 - 1)
		if r.Rank != w.Rank || int64(r.Score) != w.Score.Solved || r.Tie>>20 != w.Score.Total || w.Score.Last != nil && last != *w.Score.Last {
			t.Errorf("team %s: rank %d, %v solved, %d min, last %d; want %d, %+v", w.Team, r.Rank, r.Score, r.Tie>>20, last, w.Rank, w.Score)
		}
		touched := 0
		for _, wc := range w.Problems {
			c := cellOf(t, r.Cells[wc.Problem])
			if c.Judged != wc.Judged || c.Pending != wc.Pending || c.Solved != wc.Solved || !sameTime(c.Time, wc.Time) {
				t.Errorf("team %s, problem %s: %s, want %+v", w.Team, wc.Problem, r.Cells[wc.Problem], wc)
			}
			if wc.Judged+wc.Pending > 0 {
				touched++
			}
			cells++
		}
		if len(r.Cells) != touched {
			t.Errorf("team %s has %d cells, want %d", w.Team, len(r.Cells), touched)
		}
	}
	t.Logf("%d events, %d rows, %d cells compared", len(events), len(rows), cells)
}

func sameTime(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
