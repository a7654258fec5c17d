package boardfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"rollcall/leaderboard"
)

// Start is the first line of a changelog: the head that its deltas, a line
// each, go onto.
type Start struct {
	Board string           `json:"board"`
	After leaderboard.Head `json:"after"`
}

// WriteChanges writes a changelog.
func WriteChanges(w io.Writer, start Start, deltas []leaderboard.Delta) error {
	out := bufio.NewWriter(w)
	if err := lines(out).Encode(start); err != nil {
		return err
	}
	if err := AppendChanges(out, deltas); err != nil {
		return err
	}
	return out.Flush()
}

// AppendChanges writes more of a changelog, a delta a line.
func AppendChanges(w io.Writer, deltas []leaderboard.Delta) error {
	enc := lines(w)
	for _, d := range deltas {
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	return nil
}

func lines(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // a cell stays as it was sent
	return enc
}

// ReadChanges reads a changelog to its end. One that was cut off within a line,
// or could not be read to its end, is an error.
func ReadChanges(r io.Reader) (start Start, deltas []leaderboard.Delta, err error) {
	dec := json.NewDecoder(r)
	if err := dec.Decode(&start); err != nil {
		return start, nil, faulty("", err)
	}
	for {
		var d leaderboard.Delta
		switch err := dec.Decode(&d); {
		case errors.Is(err, io.EOF):
			return start, deltas, nil
		case err != nil:
			return start, deltas, faulty("", err)
		}
		deltas = append(deltas, d)
	}
}
