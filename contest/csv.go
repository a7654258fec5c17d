package contest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall/wire"
)

// ReadParticipantsCSV reads participants from a spreadsheet's CSV in UTF-8. The
// first row names the columns roll_number, student_name and department (the
// last may be missing), in any order and case, with spaces for the underscores
// if you like. Columns are separated by the comma, semicolon or tab that stands
// first in that row. Cells lose the spaces around them; empty rows are skipped.
//
// Its errors name the line; a roll number may stand once.
func ReadParticipantsCSV(r io.Reader) ([]wire.Participant, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, fmt.Errorf("participants: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	in := csv.NewReader(bytes.NewReader(data))
	in.Comma = separator(data)
	in.FieldsPerRecord = -1 // told below, by the column's name

	head, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("participants: empty; the first row must name the columns " + columnNames)
	}
	if err != nil {
		return nil, csvError(err)
	}
	columns, err := readHead(head)
	if err != nil {
		return nil, err
	}
	return readRows(in, columns)
}

const columnNames = "roll_number, student_name, department"

// separator is the first candidate in the first line that has text.
func separator(data []byte) rune {
	head, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	if i := bytes.IndexAny(head, ",;\t"); i >= 0 {
		return rune(head[i])
	}
	return ','
}

// readHead returns which field each column fills.
func readHead(head []string) ([]func(*wire.Participant) *string, error) {
	var columns []func(*wire.Participant) *string
	seen := map[string]bool{}
	for _, cell := range head {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(cell)), " ", "_")
		var column func(*wire.Participant) *string
		switch name {
		case "roll_number":
			column = func(p *wire.Participant) *string { return &p.RollNumber }
		case "student_name":
			column = func(p *wire.Participant) *string { return &p.StudentName }
		case "department":
			column = func(p *wire.Participant) *string { return &p.Department }
		default:
			return nil, fmt.Errorf("first row: unknown column %.80q; allowed are %s", cell, columnNames)
		}
		if seen[name] {
			return nil, fmt.Errorf("first row: column %s must stand once", name)
		}
		seen[name] = true
		columns = append(columns, column)
	}
	for _, must := range []string{"roll_number", "student_name"} {
		if !seen[must] {
			return nil, fmt.Errorf("first row: column %s is required", must)
		}
	}
	return columns, nil
}

func readRows(in *csv.Reader, columns []func(*wire.Participant) *string) ([]wire.Participant, error) {
	var all []wire.Participant
	first := map[string]int{}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := in.FieldPos(0)
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if len(cells) > len(columns) {
			return nil, fmt.Errorf("line %d: %d columns, the first row names %d", line, len(cells), len(columns))
		}
		var p wire.Participant
		for i, cell := range cells {
			*columns[i](&p) = strings.TrimSpace(cell)
		}
		if err := checkParticipant(p); err != nil {
			return nil, fmt.Errorf("line %d: %s: %s", line, err.Field, err.Message)
		}
		if was, twice := first[p.RollNumber]; twice {
			return nil, fmt.Errorf("line %d: roll_number: %q is that of line %d too", line, p.RollNumber, was)
		}
		if len(all) == MaxParticipants {
			return nil, fmt.Errorf("line %d: more than %d participants", line, MaxParticipants)
		}
		first[p.RollNumber] = line
		all = append(all, p)
	}
}

// csvError says where a row is broken.
func csvError(err error) error {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d: %w", pe.Line, pe.Err)
	}
	return fmt.Errorf("participants: %w", err)
}
