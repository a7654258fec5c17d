// Package boardfile is the file form of a board: its archive as one JSON
// object, and its changelog as lines of JSON. An archive's entries come last,
// so that a board of any size is written and read in a stream. What a board can
// go on from is not judged here: that is leaderboard.Archive.Check.
//
//	{"format":"rollcall.archive.v1","board":"finals","head":{…},"origin":"…","rules":{…},
//	 "total":2,"sources":[…],"entries":[
//	{…},
//	{…}
//	]}
package boardfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollcall/leaderboard"
)

// Format is what an archive says of itself; another one is refused.
const Format = "rollcall.archive.v1"

// source is a leaderboard.Source in a file.
type source struct {
	Source     string    `json:"source"`
	Seq        uint64    `json:"seq"`
	Generation uint64    `json:"generation"`
	Refused    []refused `json:"refused,omitempty"`
}

type refused struct {
	Seq     uint64 `json:"seq"`
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message,omitempty"`
}

// header is all of an archive but its entries, in the order it is written.
type header struct {
	Format  string            `json:"format"`
	Board   string            `json:"board"`
	Head    leaderboard.Head  `json:"head"`
	Origin  string            `json:"origin,omitempty"`
	Rules   leaderboard.Rules `json:"rules"`
	Total   int               `json:"total"`
	Sources []source          `json:"sources"`
}

// Write writes an archive, one entry a line.
func Write(w io.Writer, board string, a leaderboard.Archive) error {
	h := header{Format: Format, Board: board, Head: a.Head, Origin: a.Origin, Rules: a.Rules, Total: a.Total, Sources: []source{}}
	for _, s := range a.Sources {
		h.Sources = append(h.Sources, toSource(s))
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.Write(text[:len(text)-1]) // its first error is Flush's
	_, _ = out.WriteString(`,"entries":[`)
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false) // a cell stays as it was sent
	separator := "\n"
	if a.Entries != nil {
		for e := range a.Entries {
			line.Reset()
			if err := enc.Encode(e); err != nil {
				return fmt.Errorf("member %q: %w", e.Member, err)
			}
			_, _ = out.WriteString(separator)
			if _, err := out.Write(bytes.TrimSuffix(line.Bytes(), []byte("\n"))); err != nil {
				return err
			}
			separator = ",\n"
		}
	}
	_, _ = out.WriteString("\n]}\n")
	return out.Flush()
}

func toSource(s leaderboard.Source) source {
	t := source{Source: s.Name, Seq: s.Seq, Generation: s.Generation}
	for _, r := range s.Refused {
		t.Refused = append(t.Refused, refused{Seq: r.Seq, Code: r.Refusal.Code, Field: r.Refusal.Field, Message: r.Refusal.Message})
	}
	return t
}

func (s source) domain() leaderboard.Source {
	t := leaderboard.Source{Name: s.Source, Seq: s.Seq, Generation: s.Generation}
	for _, r := range s.Refused {
		t.Refused = append(t.Refused, leaderboard.RefusedSeq{
			Seq: r.Seq, Refusal: leaderboard.Refusal{Code: r.Code, Field: r.Field, Message: r.Message},
		})
	}
	return t
}

// Fault is what is wrong with an archive, and in which of its fields.
type Fault struct {
	Field string // "" = all of it
	Err   error
}

// Error names the field.
func (f *Fault) Error() string {
	if f.Field == "" {
		return f.Err.Error()
	}
	return f.Field + ": " + f.Err.Error()
}

// Unwrap is the error under it.
func (f *Fault) Unwrap() error { return f.Err }

func faulty(field string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the file is cut off")
	}
	return &Fault{Field: field, Err: err}
}
