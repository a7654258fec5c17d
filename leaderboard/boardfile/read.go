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
	in    *rationed
	dec   *json.Decoder
	head  leaderboard.Archive // but its entries
	seen  map[string]bool     // fields
	begun bool
	err   error
}

// Read reads an archive up to its entries. Its error is a *Fault, or that of r.
func Read(r io.Reader) (*Reader, error) {
	in := &rationed{Reader: r}
	b := &Reader{in: in, dec: json.NewDecoder(in), seen: map[string]bool{}}
	if err := b.expect('{', ""); err != nil {
		return nil, err
	}
	for b.more() {
		key, err := b.dec.Token()
		if err != nil {
			return nil, faulty("", err)
		}
		name, _ := key.(string) // a key always is
		if name == "entries" {
			return b, b.beginEntries()
		}
		if err := b.field(name); err != nil {
			return nil, err
		}
	}
	return nil, faulty("entries", errors.New("is missing"))
}

// beginEntries checks that all that must come before the entries has come.
func (b *Reader) beginEntries() error {
	for _, name := range []string{"format", "head", "rules", "total"} {
		if !b.seen[name] {
			return faulty(name, errors.New("must come before the entries"))
		}
	}
	return b.expect('[', "entries")
}

// field reads one field of the header; unknown ones are ignored.
func (b *Reader) field(name string) error {
	var into any = new(json.RawMessage)
	var format string
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
		return b.sources()
	}
	if err := b.once(name); err != nil {
		return err
	}
	if err := b.decode(into); err != nil {
		return faulty(name, err)
	}
	if name == "format" && format != Format {
		return faulty(name, fmt.Errorf("is %q; it must be %q", format, Format))
	}
	return nil
}

// once refuses a field that was there before: the two would be mixed.
func (b *Reader) once(name string) error {
	if b.seen[name] {
		return faulty(name, errors.New("is there twice"))
	}
	if len(b.seen) >= maxFields {
		return faulty(name, fmt.Errorf("there are more than %d fields", maxFields))
	}
	b.seen[name] = true
	return nil
}

// maxFields bounds the names that once remembers.
const maxFields = 100

func (b *Reader) sources() error {
	if err := b.once("sources"); err != nil {
		return err
	}
	if err := b.expect('[', "sources"); err != nil {
		return err
	}
	for n := 0; b.more(); n++ {
		var s source
		if err := b.decode(&s); err != nil {
			return faulty(fmt.Sprintf("sources[%d]", n), err)
		}
		b.head.Sources = append(b.head.Sources, s.domain())
	}
	return b.expect(']', "sources")
}

// decode reads the next value.
func (b *Reader) decode(into any) error {
	b.in.left = maxValue
	return b.dec.Decode(into)
}

// more reports whether the array or object goes on, if it can be read.
func (b *Reader) more() bool {
	b.in.left = maxValue
	return b.dec.More()
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
		for n := 0; b.more(); n++ {
			var e leaderboard.Entry
			if err := b.decode(&e); err != nil {
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
	if b.more() {
		return faulty("entries", errors.New("must be the last field"))
	}
	if err := b.expect('}', ""); err != nil {
		return err
	}
	b.in.left = maxValue
	if _, err := b.dec.Token(); !errors.Is(err, io.EOF) {
		return faulty("", errors.New("something follows the archive"))
	}
	return nil
}

func (b *Reader) expect(want json.Delim, field string) error {
	b.in.left = maxValue
	switch got, err := b.dec.Token(); {
	case err != nil:
		return faulty(field, err)
	case got != want:
		return faulty(field, fmt.Errorf("%q where %q should be", fmt.Sprint(got), want.String()))
	}
	return nil
}
