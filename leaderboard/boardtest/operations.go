package boardtest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"rollcall/leaderboard"
)

const maxScore = float64(leaderboard.MaxScore)

var givenRules = leaderboard.Rules{Tie: leaderboard.Given}

var operationTests = map[string]func(*testing.T, Open){
	"SetCreatesAndReplaces": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantApplied(f.one(byID("1", event(leaderboard.Set, 5))), 1, 5)
		f.wantApplied(f.one(byID("2", event(leaderboard.Set, -7.5))), 2, -7.5)
		wantEqual(t, "entry", f.entry("m"), leaderboard.Entry{Member: "m", Score: -7.5, Tie: 2})
	},
	"IncrStartsAtZero": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantApplied(f.one(incr(1, 0)), 1, 0) // the member is new: a change
		f.wantApplied(f.one(incr(2, 0.5)), 2, 0.5)
	},
	"AbsentFieldsAreKept": func(t *testing.T, open Open) {
		f := newBoard(t, open, givenRules)
		e := byID("1", event(leaderboard.Set, 5))
		e.Tie, e.Name, e.Group, e.Cells = ptr(int64(9)), ptr("Name"), ptr("Group"), leaderboard.Cells{"A": []byte("1")}
		f.apply(e)
		f.apply(byID("2", event(leaderboard.Set, 6)), byID("3", event(leaderboard.Incr, 1)))
		want := leaderboard.Entry{Member: "m", Score: 7, Tie: 9, Name: "Name", Group: "Group", Cells: leaderboard.Cells{"A": []byte("1")}}
		wantEqual(t, "entry", f.entry("m"), want)
	},
	"CellsMergePerKeyAndNullDeletes": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		e := event(leaderboard.Set, 5)
		e.Cells = leaderboard.Cells{"A": []byte("1"), "B": []byte("2"), "C": []byte("3"), "Z": nil}
		f.apply(byID("1", e))
		e.Cells = leaderboard.Cells{"B": []byte(`{"x":2}`), "A": nil, "C": []byte("null"), "D": []byte("4"), "Y": nil}
		f.wantApplied(f.one(byID("2", e)), 2, 5)
		want := leaderboard.Cells{"B": []byte(`{"x":2}`), "D": []byte("4")}
		wantEqual(t, "cells", f.entry("m").Cells, want)
		e.Cells = leaderboard.Cells{"B": nil, "D": nil}
		f.wantApplied(f.one(byID("3", e)), 3, 5)
		wantEqual(t, "cells after all were deleted", len(f.entry("m").Cells), 0)
	},
	"CellsChangeWithoutTheScoreAndKeepTheTie": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(byID("1", event(leaderboard.Set, 5)))
		e := event(leaderboard.Patch, 0)
		e.Cells = leaderboard.Cells{"A": []byte("1")}
		f.wantApplied(f.one(byID("2", e)), 2, 5)
		wantEqual(t, "tie", f.entry("m").Tie, int64(1))
	},
	"CellsOfARowAreAtMost8KiB": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		for i := range 15 {
			e := event(leaderboard.Set, 5)
			e.Cells = leaderboard.Cells{fmt.Sprintf("k%02d", i): cell(512)}
			f.apply(byID(fmt.Sprint(i), e))
		}
		// {"k00":…,…}: 15 cells take 1 + 15·(3+512+4) = 7,786 bytes.
		over := event(leaderboard.Set, 6)
		over.Cells = leaderboard.Cells{"last": cell(399)}
		f.wantRefused(f.one(byID("over", over)), leaderboard.CodeBadCells, "cells")
		wantEqual(t, "score", f.entry("m").Score, 5.0)
		over.Cells = leaderboard.Cells{"last": cell(398)}
		f.wantApplied(f.one(byID("fits", over)), 16, 6)
	},
	"ARefusedEventLeavesTheRow": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(byID("1", event(leaderboard.Set, 0.1)))
		want := f.entry("m")
		for i, op := range []leaderboard.Op{leaderboard.Incr, leaderboard.Set, leaderboard.Best, leaderboard.Patch} {
			over := event(op, 7)
			over.Name, over.Cells = ptr("M"), leaderboard.Cells{"A": cell(leaderboard.MaxCellBytes)}
			f.wantRefused(f.one(byID(fmt.Sprint("over", i), over)), leaderboard.CodeBadCells, "cells")
		}
		far := event(leaderboard.Incr, maxScore)
		far.Member = "new"
		f.apply(byID("far", far))
		f.wantRefused(f.one(byID("farther", far)), leaderboard.CodeOutOfRange, "score")
		wantEqual(t, "entry", f.entry("m"), want)
		f.wantApplied(f.one(byID("2", event(leaderboard.Incr, 0.2))), 3, sum(want.Score, 0.2)) // 0.30000000000000004
		far.Score = -1
		f.wantApplied(f.one(byID("back", far)), 4, maxScore-1)
	},
	"PatchOfNobodyIsRefused": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantRefused(f.one(byID("1", event(leaderboard.Patch, 0))), leaderboard.CodeUnknownMember, "member")
		wantEqual(t, "version", f.head().Version, uint64(0))
	},
	"RemoveTakesTheMemberAndOfNobodyIsNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		out := f.apply(byID("1", event(leaderboard.Remove, 0)))
		if res := out.Results[0]; res.Status != leaderboard.Applied || res.Version != 0 || res.Score != nil || out.Delta != nil {
			t.Fatalf("remove of nobody: %s, delta %+v", show(res), out.Delta)
		}
		f.apply(byID("2", event(leaderboard.Set, 5)))
		out = f.apply(byID("3", event(leaderboard.Remove, 0)))
		if res := out.Results[0]; res.Status != leaderboard.Applied || res.Version != 2 || res.Score != nil {
			t.Fatalf("remove: %s", show(res))
		}
		wantEqual(t, "rows", out.Delta.Rows, []leaderboard.Row{{Entry: leaderboard.Entry{Member: "m"}, Removed: true}})
		wantEqual(t, "total", f.snapshot().Total, 0)
	},
	"NoOpKeepsTheVersion": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		e := event(leaderboard.Set, 5)
		e.Name, e.Cells = ptr("M"), leaderboard.Cells{"A": []byte("1")}
		f.apply(byID("1", e))
		head := f.head()
		for i, e := range []leaderboard.Event{e, event(leaderboard.Set, 5), event(leaderboard.Incr, 0), event(leaderboard.Patch, 0)} {
			out := f.apply(byID(fmt.Sprint("again", i), e))
			f.wantApplied(out.Results[0], 1, 5)
			if out.Delta != nil || out.Head != head {
				t.Fatalf("event %d: delta %+v, head %+v", i, out.Delta, out.Head)
			}
		}
	},
	"BestKeepsTheBetterResultWhole": func(t *testing.T, open Open) {
		for _, tc := range []struct {
			order    leaderboard.Order
			score    float64
			tie      int64
			improved bool
		}{
			{leaderboard.Desc, 11, 900, true}, // a better score with a worse tie takes both
			{leaderboard.Desc, 10, 49, true},
			{leaderboard.Desc, 10, 50, false},
			{leaderboard.Desc, 10, 51, false},
			{leaderboard.Desc, 9, 1, false}, // a worse score with a better tie takes neither
			{leaderboard.Asc, 9, 900, true},
			{leaderboard.Asc, 10, 49, true},
			{leaderboard.Asc, 10, 50, false},
			{leaderboard.Asc, 11, 1, false},
		} {
			f := newBoard(t, open, leaderboard.Rules{Order: tc.order, Tie: leaderboard.Given})
			best := func(id string, score float64, tie int64, cell string) leaderboard.Event {
				e := byID(id, event(leaderboard.Best, score))
				e.Tie, e.Name, e.Cells = &tie, ptr(id), leaderboard.Cells{"A": []byte(cell)}
				return e
			}
			first := f.one(best("first", 10, 50, "1"))
			f.wantApplied(first, 1, 10)
			wantEqual(t, "improved of a new member", first.Improved, ptr(true))
			want, version := leaderboard.Entry{Member: "m", Score: 10, Tie: 50, Name: "first", Cells: leaderboard.Cells{"A": []byte("1")}}, uint64(1)
			if tc.improved {
				want, version = leaderboard.Entry{Member: "m", Score: tc.score, Tie: tc.tie, Name: "second", Cells: leaderboard.Cells{"A": []byte("2")}}, 2
			}
			res := f.one(best("second", tc.score, tc.tie, "2"))
			f.wantApplied(res, version, want.Score)
			wantEqual(t, fmt.Sprintf("improved of %+v", tc), res.Improved, &tc.improved)
			wantEqual(t, fmt.Sprintf("entry after %+v", tc), f.entry("m"), want)
		}
	},
	"BestGoesByScoreAloneWithoutGivenTies": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(byID("1", event(leaderboard.Best, 10)))
		equal := f.one(byID("2", event(leaderboard.Best, 10)))
		wantEqual(t, "improved by an equal score", equal.Improved, ptr(false))
		better := f.one(byID("3", event(leaderboard.Best, 11)))
		wantEqual(t, "improved by a better score", better.Improved, ptr(true))
		wantEqual(t, "entry", f.entry("m"), leaderboard.Entry{Member: "m", Score: 11, Tie: 2})
	},
	"BestNeedsATieWhereTiesAreGiven": func(t *testing.T, open Open) {
		f := newBoard(t, open, givenRules)
		f.wantRefused(f.one(byID("1", event(leaderboard.Best, 10))), leaderboard.CodeBadTie, "tie")
	},
	"ReachedTieIsTheVersionOfTheLastChangeOfScore": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		other := event(leaderboard.Set, 1)
		other.Member = "n"
		out := f.apply(byID("1", event(leaderboard.Set, 5)), byID("2", other), byID("3", event(leaderboard.Set, 6)))
		wantEqual(t, "tie is the event's own version", f.entry("m").Tie, int64(3))
		wantEqual(t, "version", out.Results[2].Version, uint64(3))
		named := event(leaderboard.Set, 6)
		named.Name = ptr("M")
		f.wantApplied(f.one(byID("4", named)), 4, 6)
		wantEqual(t, "tie after the same score", f.entry("m").Tie, int64(3))
	},
	"TieIsRefusedWhereTheRuleTakesNone": func(t *testing.T, open Open) {
		for _, rule := range []leaderboard.TieRule{leaderboard.Reached, leaderboard.None} {
			f := newBoard(t, open, leaderboard.Rules{Tie: rule})
			e := event(leaderboard.Set, 5)
			e.Tie = ptr(int64(0))
			f.wantRefused(f.one(byID("1", e)), leaderboard.CodeBadTie, "tie")
			f.apply(byID("2", event(leaderboard.Set, 5)))
			if want := map[leaderboard.TieRule]int64{leaderboard.Reached: 1}[rule]; f.entry("m").Tie != want {
				t.Fatalf("tie under %s is %d, want %d", rule, f.entry("m").Tie, want)
			}
		}
	},
	"GivenTieAloneIsAChange": func(t *testing.T, open Open) {
		f := newBoard(t, open, givenRules)
		f.apply(byID("1", event(leaderboard.Set, 5)))
		wantEqual(t, "tie of a new member that sent none", f.entry("m").Tie, int64(0))
		e := event(leaderboard.Set, 5)
		e.Tie = ptr(int64(-3))
		f.wantApplied(f.one(byID("2", e)), 2, 5)
		wantEqual(t, "tie", f.entry("m").Tie, int64(-3))
	},
	"ScoreStaysWithinItsRange": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantApplied(f.one(byID("max", event(leaderboard.Set, maxScore))), 1, maxScore)
		res := f.one(byID("over", event(leaderboard.Incr, 2)))
		f.wantRefused(res, leaderboard.CodeOutOfRange, "score")
		wantEqual(t, "score of the refusal", res.Score, ptr(maxScore))
		f.wantApplied(f.one(byID("min", event(leaderboard.Set, -maxScore))), 2, -maxScore)
		f.wantRefused(f.one(byID("under", event(leaderboard.Incr, -2))), leaderboard.CodeOutOfRange, "score")
		for i, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Nextafter(maxScore, math.Inf(1))} {
			for _, op := range []leaderboard.Op{leaderboard.Set, leaderboard.Incr, leaderboard.Best} {
				e := event(op, bad)
				f.wantRefused(f.one(leaderboard.Event{Member: e.Member, Op: op, Score: bad, Source: string(op), Seq: uint64(i + 1)}), leaderboard.CodeOutOfRange, "score")
			}
		}
		wantEqual(t, "entry", f.entry("m"), leaderboard.Entry{Member: "m", Score: -maxScore, Tie: 2})
	},
	"NegativeZeroIsZero": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(byID("1", event(leaderboard.Set, math.Copysign(0, -1))))
		if math.Signbit(f.entry("m").Score) {
			t.Fatal("the score is −0")
		}
		f.wantApplied(f.one(byID("2", event(leaderboard.Set, 0))), 1, 0)
	},
}

func event(op leaderboard.Op, score float64) leaderboard.Event {
	return leaderboard.Event{Member: "m", Op: op, Score: score}
}

// sum adds as a machine does, not as the compiler does with constants.
func sum(a, b float64) float64 { return a + b }

// cell is a JSON text of n bytes.
func cell(n int) []byte { return []byte(`"` + strings.Repeat("x", n-2) + `"`) }
