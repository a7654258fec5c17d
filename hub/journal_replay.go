package hub

import (
	"rollcall/leaderboard"
	"rollcall/wire"
)

// replay sends a source's events again that come after its seq in the store, in
// order, in the epoch that the store named. It reports whether all of those that
// were held before mark are taken, and whether some are: where one misses that
// another node may hold, those after it wait.
//
// A claim decides who may go on with a source. Is the store's generation higher
// than the event's, a later sender has claimed it since and gives the same
// numbers to other events: ours are dropped. Is it lower, the store has forgotten
// the claim with the events: they are sent without a generation, and their
// sender finds itself fenced with its next event and claims again.
func (j *journal) replay(l *journalLine, state leaderboard.SourceState, epoch string, mark uint64) (all, some bool) {
	var entries []JournalEntry // read and not sent yet
	var err error
	for next := state.Seq + 1; next != 0; {
		if len(entries) == 0 {
			if entries, err = j.disk.Read(j.hub.life, l.key(next)); err != nil {
				j.hub.log.Error("journal cannot be read", "board", l.board.name, "err", err)
				return false, some
			}
		}
		run := entries[:runs(entries, next, j.hub.cfg.BatchMax)]
		if len(run) == 0 {
			return !j.heldFrom(l, next, mark), some
		}
		events, fenced, err := replayed(run, state.Generation, epoch)
		if err != nil {
			j.hub.log.Error("journal cannot be read", "board", l.board.name, "err", err)
			return false, some
		}
		if len(fenced) > 0 {
			j.mu.Lock()
			j.dropLocked(l, mark, dropFenced, func(seq uint64) bool { return fenced[seq] })
			j.mu.Unlock()
		}
		if len(events) == 0 {
			next, entries = next+uint64(len(fenced)), entries[len(fenced):] // those after may be of the later sender
			continue
		}
		if !some {
			j.hub.log.Warn("the store has forgotten acknowledged events: they are sent again from the journal", "board", l.board.name, "source", l.source, "from", next)
		}
		if !j.push(l.board.name, events) {
			return false, some
		}
		some = true
		next, entries = next+uint64(len(events)), entries[len(events):]
	}
	return true, some
}

// runs is how many entries follow each other from seq next on, up to most.
func runs(entries []JournalEntry, next uint64, most int) int {
	n := 0
	for n < len(entries) && n < most && entries[n].Seq == next+uint64(n) {
		n++
	}
	return n
}

// replayed are the events of entries as they are sent again, up to the first
// that is not next to its forerunner, and those that a later sender has fenced.
func replayed(run []JournalEntry, generation uint64, epoch string) (events []leaderboard.Event, fenced map[uint64]bool, err error) {
	fenced = map[uint64]bool{}
	for _, entry := range run {
		k, err := decodeKept(entry.Value)
		if err != nil {
			return nil, nil, err
		}
		if generation > k.generation {
			if len(events) > 0 {
				break // in the next run
			}
			fenced[entry.Seq] = true
			continue
		}
		if len(fenced) > 0 {
			break
		}
		e, err := decodeEvent(k.event)
		if err != nil {
			return nil, nil, err
		}
		if e.Epoch = epoch; e.Generation != generation {
			e.Generation = 0 // none was sent, or the claim is forgotten
		}
		events = append(events, e)
	}
	return events, fenced, nil
}

// push takes events through the board's line and reports whether all of them
// are taken.
func (j *journal) push(board string, events []leaderboard.Event) bool {
	answered := make(chan bool, 1)
	next := job{events: events, level: j.hub.cfg.Ack, done: func(out leaderboard.Outcome, _ *wire.Error, err error) {
		taken := err == nil
		for i := range out.Results {
			r := &out.Results[i]
			res := toResult(&wire.Event{}, out.Head, r)
			if taken = taken && settled(&res); taken && r.Status == leaderboard.Applied {
				j.hub.metrics.journalReplayed.Inc()
			}
		}
		answered <- taken
	}}
	for i := range events {
		next.bytes += eventBytes(&events[i])
	}
	return j.hub.queues.add(board, next) == nil && <-answered
}

// heldFrom reports whether an event from seq on is held that came before mark.
func (j *journal) heldFrom(l *journalLine, seq, mark uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range l.held[l.from(seq):] {
		if e.n < mark {
			return true
		}
	}
	return false
}
