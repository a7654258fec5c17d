package clics

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The objects of a feed, with the fields that count here.

// object is any of them.
type object interface{ key() ident }

type base struct {
	ID ident `json:"id"`
}

func (b base) key() ident { return b.ID }

type contest struct {
	base
	Name       string  `json:"name"`
	FormalName string  `json:"formal_name"`
	StartTime  moment  `json:"start_time"`
	Duration   reltime `json:"duration"`
	Penalty    minutes `json:"penalty_time"`
	Scoreboard string  `json:"scoreboard_type"`          // "" is pass-fail
	MainGroup  ident   `json:"main_scoreboard_group_id"` // from 2026-01: only its teams are on the board
}

// key of a contest that has no id: there is only one.
func (c contest) key() ident {
	if c.ID == "" {
		return "contest"
	}
	return c.ID
}

type judgementType struct {
	base
	Penalty bool `json:"penalty"`
	Solved  bool `json:"solved"`
}

type problem struct {
	base
	Label   ident   `json:"label"`
	Name    string  `json:"name"`
	Ordinal float64 `json:"ordinal"`
	Color   string  `json:"color"`
	RGB     string  `json:"rgb"`
}

type group struct {
	base
	Name   string `json:"name"`
	Hidden bool   `json:"hidden"` // until 2020-03
}

type organization struct {
	base
	Name       string `json:"name"`
	FormalName string `json:"formal_name"`
}

type team struct {
	base
	Name         string  `json:"name"`
	DisplayName  string  `json:"display_name"`
	Hidden       bool    `json:"hidden"`
	Groups       []ident `json:"group_ids"`
	Organization ident   `json:"organization_id"`
}

type submission struct {
	base
	Team        ident   `json:"team_id"`
	Problem     ident   `json:"problem_id"`
	ContestTime reltime `json:"contest_time"`
	Time        moment  `json:"time"`
}

type judgement struct {
	base
	Submission ident   `json:"submission_id"`
	Type       ident   `json:"judgement_type_id"` // "" while it runs
	Valid      *bool   `json:"valid"`             // missing is true
	Current    *bool   `json:"current"`           // missing is true
	Start      reltime `json:"start_contest_time"`
	End        reltime `json:"end_contest_time"`
}

// counts reports whether the judgement has not been superseded.
func (j *judgement) counts() bool {
	return (j.Valid == nil || *j.Valid) && (j.Current == nil || *j.Current)
}

// ident is an id. Old feeds have numbers where the standard has strings.
type ident string

func (id *ident) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && (b[0] == '-' || '0' <= b[0] && b[0] <= '9') {
		*id = ident(b)
		return nil
	}
	if b[0] != '"' && !bytes.Equal(b, []byte("null")) {
		return fmt.Errorf("%.20s is not an id", b)
	}
	*id = ""
	return json.Unmarshal(b, (*string)(id))
}
