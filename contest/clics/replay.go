package clics

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"rollcall/wire"
)

// Replay is a feed as score events. The k-th event depends on the file alone.
type Replay struct {
	Source string     // name of the stream of events, from the file's bytes
	Title  string     // the contest's name; "" if it has none
	Rules  wire.Rules // of the board to create: order desc, tie given, scheme competition, a column a problem
	Events []Timed    // in order; event k has seq k + 1
}

// Timed is an event and when it happened.
type Timed struct {
	// At is the contest time of the line that made the event, and never less
	// than that of the event before; 0 before the start.
	At time.Duration

	// Event is op set with score and tie; the caller adds source, seq and
	// epoch. It must not be changed.
	Event wire.Event
}

// Len is the number of events.
func (r *Replay) Len() int { return len(r.Events) }

// Events reads a whole feed. First comes one event for each visible team, by
// team id, with score 0, tie 0, name and group; then, in line order, one for
// each row that a line changed (by team id, where a line changed several):
//
//	score  problems solved
//	tie    total time in minutes × 2^20 + minute of the last accepted
//	cells  the changed ones by problem id: {"judged":2,"pending":0,"solved":true,"time":53},
//	       without time while unsolved; null where nothing counts any more
//
// An error names the line that is damaged; nothing is skipped but blank lines
// and unknown types.
func Events(r io.Reader) (*Replay, error) {
	sum := sha256.New()
	f, err := readFeed(io.TeeReader(r, sum))
	if err != nil {
		return nil, err
	}
	p, err := f.replay()
	if err != nil {
		return nil, err
	}
	p.Source = sourceName(sum.Sum(nil))
	return p, nil
}

// Source is the name of a file's stream of events: "replay-" and the first 16
// hexadecimal digits of the SHA-256 of its bytes. Replay.Source is the same.
func Source(file []byte) string {
	sum := sha256.Sum256(file)
	return sourceName(sum[:])
}

func sourceName(sum []byte) string { return "replay-" + hex.EncodeToString(sum[:8]) }

func (f *feed) replay() (*Replay, error) {
	rules, err := f.rules()
	if err != nil {
		return nil, err
	}
	teams, err := f.visible()
	if err != nil {
		return nil, err
	}
	p := &Replay{Title: rules.Title, Rules: rules}
	for _, t := range teams {
		p.Events = append(p.Events, Timed{Event: f.entrance(t)})
	}
	s := newScorer(f, teams)
	var now time.Duration
	for _, st := range f.steps {
		changes, err := s.apply(st)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			now = max(now, c.at)
			p.Events = append(p.Events, Timed{At: now, Event: c.event()})
		}
	}
	return p, nil
}

// entrance is the event that puts a team on the board.
func (f *feed) entrance(t entry[team]) wire.Event {
	name, group := f.teamName(t), f.affiliation(t.data)
	e := change{team: t.id}.event()
	e.Name, e.Group = &name, &group
	return e
}

func (c change) event() wire.Event {
	score, tie := float64(c.solved), c.tie()
	return wire.Event{Member: string(c.team), Op: wire.OpSet, Score: &score, Tie: &tie, Cells: c.cells}
}
