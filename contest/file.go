package contest

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"rollcall/wire"
)

// File is a contest as its organiser wrote it down.
type File struct {
	ID           string    // [a-zA-Z0-9_-]{1,64}; the room and default board of the pages
	Title        string    // at most 256 bytes; the id, where the file has none
	Start, End   time.Time // both zero where the file has no times, else End is after Start
	Problems     []wire.Problem
	Participants []wire.Participant // by their place in the file; no two of one roll number
}

// Limits of a contest file.
const (
	MaxBytes        = 4 << 20 // of the YAML or CSV text
	MaxParticipants = 20_000
	MaxStatement    = 16 << 10 // bytes of a problem's statement
	MaxURL          = 2 << 10  // bytes of a problem's url
)

// Load reads the contest file at path. Its errors name the path, the line and
// the field.
func Load(path string) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("contest file: %w", err)
	}
	defer in.Close()
	data, err := readAll(in)
	if err != nil {
		return nil, fmt.Errorf("contest file %s: %w", path, err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("contest file %s: %w", path, err)
	}
	return f, nil
}

// readAll reads up to MaxBytes and refuses more.
func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("must be at most %d bytes", MaxBytes)
	}
	return data, nil
}

//go:embed sample.yaml
var sample []byte

// Sample returns a made-up contest of 8 problems and 60 students of four
// departments, without times: its caller says when it starts. The students do
// not exist.
func Sample() *File {
	f, err := Parse(sample)
	if err != nil {
		panic("contest: the embedded sample: " + err.Error()) // a test reads it
	}
	return f
}

// Merge adds participants. One whose roll number is there already takes the
// place of the old one. On an error nothing has changed.
func (f *File) Merge(participants []wire.Participant) error {
	all := slices.Clone(f.Participants)
	at := make(map[string]int, len(all)+len(participants))
	for i, p := range all {
		at[p.RollNumber] = i
	}
	for i, p := range participants {
		if err := checkParticipant(p); err != nil {
			return fmt.Errorf("participants[%d].%s: %s", i, err.Field, err.Message)
		}
		if old, ok := at[p.RollNumber]; ok {
			all[old] = p
			continue
		}
		at[p.RollNumber] = len(all)
		all = append(all, p)
	}
	if len(all) > MaxParticipants {
		return fmt.Errorf("participants: must be at most %d, are %d", MaxParticipants, len(all))
	}
	f.Participants = all
	return nil
}

// Wire is the contest as GET /v1/contest tells it at now. It holds the
// participants; whoever serves it to another role than admin must drop them.
func (f *File) Wire(now time.Time) wire.Contest {
	c := wire.Contest{
		ID:           f.ID,
		Title:        f.Title,
		Room:         f.ID,
		Board:        f.ID,
		Now:          now.UnixMilli(),
		Problems:     slices.Clone(f.Problems),
		Participants: slices.Clone(f.Participants),
	}
	if !f.Start.IsZero() {
		c.Start, c.End = f.Start.UnixMilli(), f.End.UnixMilli()
	}
	if c.Problems == nil {
		c.Problems = []wire.Problem{} // a list on the wire, never null
	}
	return c
}
