package boardfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollcall/leaderboard"
)

// Reader reads one archive.
type Reader struct {
	Board string
	dec   *json.Decoder
	head  leaderboard.Archive // but its entries
	begun bool
	err   error
}

// Read reads an archive up to its entries. Its error is a *Fault, or that of r.
func Read(r io.Reader) (*Reader, error) {
	b := &Reader{dec: json.NewDecoder(r)}
	if err := b.expect('{', ""); err != nil {
		return nil, err
	}
	for b.dec.More() {
		key, err := b.dec.Token()
		if err != nil {
			return nil, faulty("", err)
		}
		name, _ := key.(string) // a key always is
		if name == "entries" {
			return b, b.expect('[', "entries")
		}
		if err := b.field(name); err != nil {
			return nil, err
		}
	}
	return nil, faulty("entries", errors.New("is missing"))
}

// field reads one field of the header; unknown ones are ignored.
func (b *Reader) field(name string) error {
	var into any = new(json.RawMessage)
	var format string
	var sources []source
	switch name {
	case "format":
		into = &format
	case "board":
		into = &b.Board
	case "head":
		into = &b.head.Head
	case "origin":
		into = &b.head.Origin
	case "rules":
		into = &b.head.Rules
	case "total":
		into = &b.head.Total
	case "sources":
		into = &sources
	}
	if err := b.dec.Decode(into); err != nil {
		return faulty(name, err)
	}
	if name == "format" && format != Format {
		return faulty(name, fmt.Errorf("is %q; it must be %q", format, Format))
	}
	for _, s := range sources {
		b.head.Sources = append(b.head.Sources, s.domain())
	}
	return nil
}

// Archive is what the file holds. Its entries are read while they are ranged
// over, once; where they end before Total, Err says why.
func (b *Reader) Archive() leaderboard.Archive {
	a := b.head
	a.Entries = func(yield func(leaderboard.Entry) bool) {
		if b.begun {
			b.err = errors.New("an archive is read once")
			return
		}
		b.begun = true
		for n := 0; b.dec.More(); n++ {
			var e leaderboard.Entry
			if err := b.dec.Decode(&e); err != nil {
				b.err = faulty(fmt.Sprintf("entries[%d]", n), err)
				return
			}
			if !yield(e) {
				return
			}
		}
		b.err = b.end()
	}
	return a
}

// Err is what went wrong with the entries, nil if all were read.
func (b *Reader) Err() error { return b.err }

// end reads what must follow the entries: nothing.
func (b *Reader) end() error {
	if err := b.expect(']', "entries"); err != nil {
		return err
	}
	if b.dec.More() {
		return faulty("entries", errors.New("must be the last field"))
	}
	if err := b.expect('}', ""); err != nil {
		return err
	}
	if _, err := b.dec.Token(); !errors.Is(err, io.EOF) {
		return faulty("", errors.New("something follows the archive"))
	}
	return nil
}

func (b *Reader) expect(want json.Delim, field string) error {
	switch got, err := b.dec.Token(); {
	case err != nil:
		return faulty(field, err)
	case got != want:
		return faulty(field, fmt.Errorf("%q where %q should be", fmt.Sprint(got), want.String()))
	}
	return nil
}
