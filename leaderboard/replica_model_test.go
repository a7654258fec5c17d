package leaderboard

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// boardModel is a board as plain as it can be: what a replica must equal.
type boardModel struct {
	rules   Rules
	head    Head
	entries map[string]Entry
}

// sorted returns the entries, best first.
func (m *boardModel) sorted() []Entry {
	list := make([]Entry, 0, len(m.entries))
	for _, e := range m.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int {
		byScore := cmp.Compare(b.Score, a.Score)
		if m.rules.Order == Asc {
			byScore = -byScore
		}
		return cmp.Or(byScore, cmp.Compare(a.Tie, b.Tie), strings.Compare(a.Member, b.Member))
	})
	return list
}

// ranked returns all entries with their ranks, counted by the words of the
// schemes.
func (m *boardModel) ranked(scheme Scheme) []Ranked {
	list := m.sorted()
	out := make([]Ranked, len(list))
	better, groups := 0, 0
	for i, e := range list {
		if i > 0 && (e.Score != list[i-1].Score || e.Tie != list[i-1].Tie) {
			better, groups = i, groups+1
		}
		rank := map[Scheme]int{Competition: better, Dense: groups, Ordinal: i}[scheme] + 1
		out[i] = Ranked{Rank: rank, Entry: e}
	}
	return out
}

// delta takes the model over rows and returns the delta of that.
func (m *boardModel) delta(rules *Rules, rows ...Row) Delta {
	for _, row := range rows {
		if row.Removed {
			delete(m.entries, row.Member)
			continue
		}
		m.entries[row.Member] = row.Entry
	}
	if rules != nil {
		m.rules = *rules
	}
	was := m.head
	m.head.Version += uint64(max(len(rows), 1))
	m.head.Chain = fmt.Sprintf("%s/%d", was.Chain[max(len(was.Chain)-20, 0):], m.head.Version)
	return Delta{
		Epoch: was.Epoch, From: was.Version, To: m.head.Version,
		PrevChain: was.Chain, Chain: m.head.Chain, Rules: rules, Rows: rows,
	}
}

func newBoardModel(rules Rules) (*boardModel, *Replica) {
	m := &boardModel{rules: rules.WithDefaults(), head: Head{Epoch: "e1", Chain: "c"}, entries: map[string]Entry{}}
	return m, NewReplica(m.snapshot())
}

func (m *boardModel) snapshot() Snapshot {
	return Snapshot{Head: m.head, Rules: m.rules, Total: len(m.entries), Entries: func(yield func(Entry) bool) {
		for _, e := range m.entries {
			if !yield(e) {
				return
			}
		}
	}}
}

// wantReplica compares everything a reader can be asked with the model.
func wantReplica(t testing.TB, r *Replica, m *boardModel) {
	t.Helper()
	r.Read(func(r *Reader) {
		if r.Head() != m.head || !r.Rules().Equal(m.rules) || r.Len() != len(m.entries) {
			t.Fatalf("head %v, %d entries, want %v, %d", r.Head(), r.Len(), m.head, len(m.entries))
		}
		for _, scheme := range []Scheme{Competition, Dense, Ordinal, ""} {
			all := m.ranked(cmp.Or(scheme, m.rules.Scheme))
			if got := r.Page(0, len(all)+1, scheme); !reflect.DeepEqual(got, all) {
				t.Fatalf("%q: page of all differs:\n%v, want\n%v", scheme, got, all)
			}
			for i := 0; i < len(all); i += 1 + i/7 {
				want := all[i]
				if got, ok := r.Get(want.Member, scheme); !ok || !reflect.DeepEqual(got, want) {
					t.Fatalf("%q: get: %v, want %v", scheme, got, want)
				}
				if got, ok := r.Rank(want.Member, scheme); !ok || got != want.Rank {
					t.Fatalf("%q: rank %d, want %d", scheme, got, want.Rank)
				}
				span := i % 9
				around := all[max(i-span, 0):min(i+span+1, len(all))]
				if got := r.Around(want.Member, span, scheme); !reflect.DeepEqual(got, around) {
					t.Fatalf("%q: around %d: %v, want %v", scheme, i, got, around)
				}
				if got := r.Page(i, span, scheme); !slices.EqualFunc(got, all[i:min(i+span, len(all))], sameRanked) {
					t.Fatalf("%q: page %d+%d differs", scheme, i, span)
				}
			}
		}
	})
}

func sameRanked(a, b Ranked) bool { return reflect.DeepEqual(a, b) }

// scores a random board is made of: few, so that many are equal, and the edges.
var modelScores = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 0.1 + 0.2, 0.3, 1e-300, MaxScore, -MaxScore, MaxScore - 1}

func randomRow(rng *rand.Rand) Row {
	e := Entry{Member: fmt.Sprintf("m%d", rng.IntN(700)), Score: modelScores[rng.IntN(len(modelScores))]}
	if rng.IntN(4) == 0 {
		e.Score = float64(rng.IntN(200)) / 8
	}
	if rng.IntN(2) == 0 {
		e.Tie = []int64{1, -1, MaxScore, -MaxScore}[rng.IntN(4)]
	}
	switch rng.IntN(6) {
	case 0:
		return Row{Entry: Entry{Member: e.Member}, Removed: true}
	case 1:
		e.Name, e.Group = "Name of "+e.Member, "CSE"
	case 2:
		e.Cells = Cells{"A": []byte(`{"judged":1}`)}
	}
	return Row{Entry: e}
}

func TestReplicaEqualsSortedEntries(t *testing.T) {
	for _, order := range []Order{Desc, Asc} {
		for _, scheme := range []Scheme{Competition, Dense, Ordinal} {
			t.Run(fmt.Sprint(order, " ", scheme), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(9, 10))
				m, r := newBoardModel(Rules{Order: order, Scheme: scheme})
				for step := range 1500 {
					batch := map[string]Row{}
					for range 1 + rng.IntN(8) {
						row := randomRow(rng)
						batch[row.Member] = row
					}
					var rows []Row
					for _, row := range batch {
						rows = append(rows, row)
					}
					if err := r.Apply(m.delta(nil, rows...)); err != nil {
						t.Fatal(err)
					}
					if step%300 == 0 {
						wantReplica(t, r, m)
					}
				}
				wantReplica(t, r, m)
				wantReplica(t, NewReplica(m.snapshot()), m)
			})
		}
	}
}

func TestLevelMembersOrderByTheBytesOfTheirIDs(t *testing.T) {
	m, r := newBoardModel(Rules{Tie: None})
	var rows []Row
	for _, prefix := range []string{"", "team", "team-with-a-long-common-prefix-", "té", "\xff"} {
		for _, rest := range []string{"", "0", "00", "1", "10", "2", "A", "a", "é", "~", "\x00", "\x7f"} {
			if prefix+rest != "" {
				rows = append(rows, Row{Entry: Entry{Member: prefix + rest, Score: 1}})
			}
		}
	}
	for i := range 2000 { // enough for many chunks
		rows = append(rows, Row{Entry: Entry{Member: fmt.Sprintf("team-with-a-long-common-prefix-%d", i*31), Score: 1}})
	}
	if err := r.Apply(m.delta(nil, rows...)); err != nil {
		t.Fatal(err)
	}
	wantReplica(t, r, m)
}
