package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"rollcall/wire"
)

// simulation is a made-up contest: who submits what, and what the judge says.
// It is a pure function of its seed and calls.
type simulation struct {
	rng      *rand.Rand
	problems []wire.Problem
	teams    []*simulatedTeam
}

type simulatedTeam struct {
	wire.Participant
	skill float64 // 0 to 1
	cells map[string]*simulatedCell
}

type simulatedCell struct {
	Judged  int  `json:"judged"`
	Pending int  `json:"pending"`
	Solved  bool `json:"solved"`
	Time    int  `json:"time,omitempty"` // minute of the first accepted
}

// penaltyMinutes is the usual price of a wrong try.
const penaltyMinutes = 20

func newSimulation(seed uint64, problems []wire.Problem, who []wire.Participant) *simulation {
	s := &simulation{rng: rand.New(rand.NewPCG(seed, seed)), problems: problems}
	for _, p := range who {
		s.teams = append(s.teams, &simulatedTeam{Participant: p, skill: s.rng.Float64(), cells: map[string]*simulatedCell{}})
	}
	return s
}

// rules are those of the demo's board: as replay's, so that the screen shows
// contest cells.
func (s *simulation) rules(title string) wire.Rules {
	r := wire.Rules{Title: title, Order: wire.OrderDesc, Tie: wire.TieGiven, Scheme: wire.SchemeCompetition}
	for _, p := range s.problems {
		r.Columns = append(r.Columns, wire.Column{ID: p.ID, Label: p.Label, Name: p.Name, Color: p.Color})
	}
	return r
}

// opening is every team with nothing solved.
func (s *simulation) opening() []wire.Event {
	events := make([]wire.Event, len(s.teams))
	for i, t := range s.teams {
		events[i] = t.row("")
	}
	return events
}

// submit lets somebody hand in a solution and returns the row that shows it as
// pending, and the verdict to be given later. ok is false when nobody has a
// problem left.
func (s *simulation) submit(minute int) (pending wire.Event, verdict func() wire.Event, ok bool) {
	for range 50 {
		t := s.teams[s.rng.IntN(len(s.teams))]
		n := s.rng.IntN(len(s.problems))
		p := s.problems[n]
		c := t.cells[p.ID]
		if c == nil {
			c = &simulatedCell{}
		}
		hard := float64(n+1) / float64(len(s.problems)+1)
		if c.Solved || c.Pending > 0 || s.rng.Float64() > t.skill+0.6-hard {
			continue
		}
		t.cells[p.ID] = c
		c.Pending++
		accepted := s.rng.Float64() < 0.35+0.5*t.skill
		return t.row(p.ID), func() wire.Event {
			c.Pending--
			c.Judged++
			if accepted {
				c.Solved, c.Time = true, minute
			}
			return t.row(p.ID)
		}, true
	}
	return wire.Event{}, nil, false
}

// row is the team's whole line, with the one cell that changed.
func (t *simulatedTeam) row(changed string) wire.Event {
	solved, total, last := 0, 0, 0
	for _, c := range t.cells {
		if c.Solved {
			solved++
			total += c.Time + penaltyMinutes*(c.Judged-1)
			last = max(last, c.Time)
		}
	}
	score, tie := float64(solved), int64(total)<<20+int64(last)
	e := wire.Event{Member: t.RollNumber, Op: wire.OpSet, Score: &score, Tie: &tie, Name: &t.StudentName, Group: &t.Department}
	if c := t.cells[changed]; c != nil {
		raw, err := json.Marshal(c)
		if err != nil {
			panic(fmt.Sprintf("demo: %v", err)) // a struct of numbers always marshals
		}
		e.Cells = map[string]json.RawMessage{changed: raw}
	}
	return e
}
