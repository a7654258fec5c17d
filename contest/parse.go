package contest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"rollcall/wire"
)

// Parse reads the YAML of a contest file. Its errors name the line and the
// field, as "line 12: participants[3].roll_number: must be 1 to 128 bytes".
func Parse(data []byte) (*File, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("must be at most %d bytes", MaxBytes)
	}
	top, err := root(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	if top == nil {
		return nil, errors.New("id: is required")
	}
	f := &File{}
	var times schedule
	err = readMapping("", top, fields{
		{"id", checked(&f.ID, wire.CheckName)},
		{"title", checked(&f.Title, wire.CheckText)},
		{"start", times.readTime(&times.start)},
		{"duration", times.readDuration},
		{"end", times.readTime(&times.end)},
		{"problems", f.readProblems},
		{"participants", f.readParticipants},
	})
	if err != nil {
		return nil, err
	}
	if f.ID == "" {
		return nil, at(top, "id", "is required")
	}
	f.Title = cmp.Or(f.Title, f.ID)
	if f.Start, f.End, err = times.span(); err != nil {
		return nil, err
	}
	return f, nil
}

// checked reads a text that must pass a rule.
func checked(into *string, rule func(field, s string) *wire.Error) func(string, ast.Node) error {
	return func(field string, n ast.Node) error {
		if err := text(into)(field, n); err != nil {
			return err
		}
		if err := rule(field, *into); err != nil {
			return at(n, err.Field, "%s", err.Message)
		}
		return nil
	}
}

func (f *File) readProblems(field string, n ast.Node) error {
	first := map[string]string{}
	return readList(field, n, wire.MaxColumns, func(field string, n ast.Node) error {
		var p wire.Problem
		var points string
		err := readMapping(field, n, fields{
			{"id", text(&p.ID)},
			{"label", text(&p.Label)},
			{"name", text(&p.Name)},
			{"color", text(&p.Color)},
			{"statement", text(&p.Statement)},
			{"url", text(&p.URL)},
			{"points", text(&points)},
		})
		if err != nil {
			return err
		}
		if points != "" {
			if p.Points, err = strconv.ParseFloat(points, 64); err != nil {
				p.Points = -1 // refused by checkProblem, with what is allowed
			}
		}
		if err := checkProblem(p); err != nil {
			return at(n, field+"."+err.Field, "%s", err.Message)
		}
		if was, twice := first[p.ID]; twice {
			return at(n, field+".id", "%q is that of %s too", p.ID, was)
		}
		first[p.ID] = field
		p.Label = cmp.Or(p.Label, p.ID)
		p.Name = cmp.Or(p.Name, p.Label)
		f.Problems = append(f.Problems, p)
		return nil
	})
}

func (f *File) readParticipants(field string, n ast.Node) error {
	first := map[string]string{}
	return readList(field, n, MaxParticipants, func(field string, n ast.Node) error {
		var p wire.Participant
		err := readMapping(field, n, fields{
			{"roll_number", text(&p.RollNumber)},
			{"student_name", text(&p.StudentName)},
			{"department", text(&p.Department)},
		})
		if err != nil {
			return err
		}
		if err := checkParticipant(p); err != nil {
			return at(n, field+"."+err.Field, "%s", err.Message)
		}
		if was, twice := first[p.RollNumber]; twice {
			return at(n, field+".roll_number", "%q is that of %s too", p.RollNumber, was)
		}
		first[p.RollNumber] = field
		f.Participants = append(f.Participants, p)
		return nil
	})
}
