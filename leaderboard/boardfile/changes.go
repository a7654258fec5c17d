package boardfile

import (
	"encoding/json"
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
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // a cell stays as it was sent
	if err := enc.Encode(start); err != nil {
		return err
	}
	for _, d := range deltas {
		if err := enc.Encode(d); err != nil {
			return err
		}
	}
	return nil
}

// ReadChanges reads a changelog to its end.
func ReadChanges(r io.Reader) (start Start, deltas []leaderboard.Delta, err error) {
	dec := json.NewDecoder(r)
	if err := dec.Decode(&start); err != nil {
		return start, nil, faulty("", err)
	}
	for dec.More() {
		var d leaderboard.Delta
		if err := dec.Decode(&d); err != nil {
			return start, deltas, faulty("", err)
		}
		deltas = append(deltas, d)
	}
	return start, deltas, nil
}
