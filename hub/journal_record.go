package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"rollcall/leaderboard"
)

// An entry's value is the epoch that its ack named, the generation of its
// source and the event as JSON, each on a line of its own.

// entryExtra is about what an entry takes beside its event: its key, and what
// stands before the event.
const entryExtra = 256

// kept is an entry's value.
type kept struct {
	epoch      string
	generation uint64
	event      []byte // JSON of a leaderboard.Event
}

func (k kept) encode() []byte {
	b := append([]byte(k.epoch), '\n')
	b = strconv.AppendUint(b, k.generation, 10)
	return append(append(b, '\n'), k.event...)
}

func decodeKept(b []byte) (k kept, err error) {
	epoch, rest, ok := bytes.Cut(b, []byte{'\n'})
	generation, event, more := bytes.Cut(rest, []byte{'\n'})
	if !ok || !more {
		return k, fmt.Errorf("an entry of the journal is cut off")
	}
	k = kept{epoch: string(epoch), event: event}
	if k.generation, err = strconv.ParseUint(string(generation), 10, 64); err != nil {
		return k, fmt.Errorf("an entry of the journal: generation: %w", err)
	}
	return k, nil
}

func encodeEvent(e *leaderboard.Event) []byte { return encode(e) }

func decodeEvent(b []byte) (e leaderboard.Event, err error) {
	if err = json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("an event of the journal: %w", err)
	}
	for column, cell := range e.Cells {
		if string(cell) == "null" { // deletes
			e.Cells[column] = nil
		}
	}
	return e, nil
}

// loadLocked holds an entry that an earlier node has written.
func (j *journal) loadLocked(e JournalEntry) error {
	k, err := decodeKept(e.Value)
	if err != nil {
		return fmt.Errorf("board %s, source %s, seq %d: %w", e.Board, e.Source, e.Seq, err)
	}
	b := j.boardLocked(e.Board)
	b.epoch = k.epoch
	l := b.line(e.Source, e.Origin)
	l.doubt = true
	size := len(k.event) + entryExtra
	if j.addLocked(l, e.Seq, size) {
		j.events, j.bytes = j.events+1, j.bytes+size
	}
	return nil
}
