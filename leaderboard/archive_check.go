package leaderboard

import (
	"errors"
	"fmt"
	"math"
)

// ErrArchive is an archive that no board can be made of.
var ErrArchive = errors.New("no board can be made of the archive")

// Check looks at everything of an archive but its entries, which CheckEntry
// looks at one by one. It finds what a board could not go on from; the form of
// names and texts is the caller's to check, as it is an event's. Its error is
// ErrArchive.
func (a Archive) Check() error {
	r := a.Rules.WithDefaults()
	level, err := ParseLevel(string(r.Ack))
	switch {
	case err != nil:
		return bad("rules: ack %q %w", level, err)
	case r.Order != Desc && r.Order != Asc:
		return bad("rules: order %q must be %s or %s", r.Order, Desc, Asc)
	case r.Tie != Reached && r.Tie != Given && r.Tie != None:
		return bad("rules: tie %q must be %s, %s or %s", r.Tie, Reached, Given, None)
	case r.Scheme != Competition && r.Scheme != Dense && r.Scheme != Ordinal:
		return bad("rules: scheme %q must be %s, %s or %s", r.Scheme, Competition, Dense, Ordinal)
	case a.Head.Version >= MaxScore:
		return bad("version %d must be below 2^53", a.Head.Version)
	case a.Head.Version == 0 && a.Total > 0:
		return bad("version 0 must be at least 1 where there are entries")
	}
	named := make(map[string]bool, len(a.Sources))
	for _, src := range a.Sources {
		if src.Name == "" || named[src.Name] {
			return bad("source %q has no name, or is there twice", src.Name)
		}
		named[src.Name] = true
		if err := src.check(); err != nil {
			return bad("source %s: %w", src.Name, err)
		}
	}
	return nil
}

func (s *Source) check() error {
	switch {
	case s.Generation >= MaxScore:
		return fmt.Errorf("generation %d must be below 2^53", s.Generation)
	case len(s.Refused) > MaxRefused:
		return fmt.Errorf("%d refused seqs; at most %d are remembered", len(s.Refused), MaxRefused)
	}
	last := uint64(0)
	for _, r := range s.Refused {
		if r.Seq <= last || r.Seq > s.Seq {
			return fmt.Errorf("refused seq %d must be above %d and at most %d", r.Seq, last, s.Seq)
		}
		last = r.Seq
	}
	return nil
}

// CheckEntry looks at one entry of the archive. Its error is ErrArchive.
func (a Archive) CheckEntry(e Entry) error {
	tie := a.Rules.WithDefaults().Tie
	switch {
	case e.Member == "":
		return bad("an entry without a member")
	case !(math.Abs(e.Score) <= MaxScore): // or NaN
		return bad("member %.200q: score %v must be within ±2^53", e.Member, e.Score)
	case tie == Given && (e.Tie > MaxScore || e.Tie < -MaxScore):
		return bad("member %.200q: tie %d must be within ±2^53", e.Member, e.Tie)
	case tie == Reached && (e.Tie < 0 || uint64(e.Tie) > a.Head.Version):
		return bad("member %.200q: tie %d must be a version of the board, 0 to %d", e.Member, e.Tie, a.Head.Version)
	case tie == None && e.Tie != 0:
		return bad("member %.200q: tie %d must be 0 where there are no ties", e.Member, e.Tie)
	}
	return nil
}

// CheckTotal compares how many entries there were, and how many members, with
// Total: an archive that was cut is not restored. Its error is ErrArchive.
func (a Archive) CheckTotal(entries, members int) error {
	switch {
	case entries != a.Total:
		return bad("%d entries where %d should be", entries, a.Total)
	case members != entries:
		return bad("%d entries of %d members: one is there twice", entries, members)
	}
	return nil
}

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrArchive, fmt.Errorf(format, args...))
}
