package hub

import (
	"context"
	"errors"
	"math"

	"rollcall/wire"
)

// keeping is the room that one request has in the journal.
type keeping struct {
	events [][]byte // JSON, as pushing.events
	size   int
}

// reserve makes room for a request's events, before the store has them.
func (j *journal) reserve(ps *pushing) *wire.Error {
	for i := range ps.events {
		text := encodeEvent(&ps.events[i])
		ps.room.events = append(ps.room.events, text)
		ps.room.size += len(text) + entryExtra
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil || j.closed {
		return notKept("it cannot be written now")
	}
	if j.hub.cfg.Durable == "" {
		j.evictLocked(len(ps.events), ps.room.size)
	}
	if !j.fitsLocked(len(ps.events), ps.room.size) {
		j.hub.metrics.refused("journal")
		return busy("the journal of this node is full")
	}
	j.events, j.bytes = j.events+len(ps.events), j.bytes+ps.room.size
	return nil
}

// release gives the room back.
func (j *journal) release(ps *pushing) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events, j.bytes = j.events-len(ps.events), j.bytes-ps.room.size
}

// keep calls done when what the store has answered for good is in the journal.
// What could not be kept gets no ack.
func (j *journal) keep(ps *pushing, stuck blocked, done func()) {
	var answered []int
	for i, at := range ps.index {
		if settled(&ps.results[at]) {
			answered = append(answered, i)
		}
	}
	durable := j.hub.cfg.Durable
	proven := durable != "" && ps.proof.Covers(durable)
	if len(answered) == 0 || proven {
		j.release(ps)
		if proven {
			j.proven(ps, answered)
		}
		done()
		return
	}
	finish := func(err error) {
		if err != nil {
			j.refuse(ps, answered, stuck)
		}
		done()
	}
	j.mu.Lock()
	unknown := j.unknownLocked(ps, answered)
	if len(unknown) == 0 {
		j.keepLocked(ps, answered, finish)
		j.mu.Unlock()
		return
	}
	j.mu.Unlock()
	fail := func(err error) {
		j.release(ps)
		finish(err)
	}
	ok := j.hub.spawn(func() {
		if err := j.learn(ps, unknown); err != nil {
			fail(err)
			return
		}
		j.mu.Lock()
		known := len(j.unknownLocked(ps, answered)) == 0
		if known {
			j.keepLocked(ps, answered, finish)
		}
		j.mu.Unlock()
		if !known {
			fail(errEpochEnded)
		}
	})
	if !ok {
		fail(context.Canceled)
	}
}

// errEpochEnded is that of a board which went on in another epoch while its
// events were being kept.
var errEpochEnded = errors.New("the epoch of the ack has ended")

// unknownLocked are the sources of which the origin and generation are not
// known in the epoch that answered.
func (j *journal) unknownLocked(ps *pushing, answered []int) (unknown []string) {
	b := j.boardLocked(ps.board)
	seen := map[string]bool{}
	for _, i := range answered {
		source := ps.events[i].Source
		if !seen[source] && b.sources[source].epoch != ps.head.Epoch {
			unknown = append(unknown, source)
		}
		seen[source] = true
	}
	return unknown
}

// learn asks the store of sources. It fails if the board is in another epoch
// already: then nobody knows what became of the events, and their sender is to
// send them again.
func (j *journal) learn(ps *pushing, sources []string) error {
	ctx, cancel := context.WithTimeout(j.hub.life, proofTimeout)
	defer cancel()
	for _, source := range sources {
		state, head, err := j.hub.boards.Source(ctx, ps.board, source)
		if err != nil {
			return err
		}
		if head.Epoch != ps.head.Epoch {
			return errEpochEnded
		}
		j.mu.Lock()
		j.boardLocked(ps.board).learn(state, head.Epoch)
		j.mu.Unlock()
	}
	return nil
}

// keepLocked hands entries to the owner. Room that was reserved and is not
// needed is given back.
func (j *journal) keepLocked(ps *pushing, answered []int, finish func(error)) {
	b := j.boardLocked(ps.board)
	w := journalWrite{done: finish}
	events, size := len(ps.events), ps.room.size
	for _, i := range answered {
		e := &ps.events[i]
		is := b.sources[e.Source]
		l := b.line(e.Source, is.origin)
		bytes := len(ps.room.events[i]) + entryExtra
		if !j.addLocked(l, e.Seq, bytes) {
			continue // held already: what was first acknowledged counts
		}
		events, size = events-1, size-bytes
		generation := e.Generation
		if generation == 0 {
			generation = is.generation
		}
		value := kept{epoch: ps.head.Epoch, generation: generation, event: ps.room.events[i]}.encode()
		w.keep = append(w.keep, JournalEntry{JournalKey: l.key(e.Seq), Value: value})
	}
	j.events, j.bytes = j.events-events, j.bytes-size
	j.writes = append(j.writes, w)
	j.signal()
}

// proven forgets what the store has proven with an ack, and all before it.
func (j *journal) proven(ps *pushing, answered []int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.boards[ps.board]
	if b == nil {
		return
	}
	for _, i := range answered {
		e := &ps.events[i]
		is := b.sources[e.Source]
		if l := b.lines[journalLineKey{e.Source, is.origin}]; l != nil && is.epoch == ps.head.Epoch {
			j.cutLocked(l, math.MaxUint64, func(seq uint64) bool { return seq <= e.Seq })
		}
	}
	j.signal()
}

// refuse takes back answers that were not kept.
func (j *journal) refuse(ps *pushing, answered []int, stuck blocked) {
	fault := notKept("it, or the store, cannot tell now")
	for _, i := range answered {
		at := ps.index[i]
		e := &ps.in[at].Event
		if ps.results[at].Error != nil {
			continue // a refusal is one, kept or not
		}
		if stuck != nil {
			stuck[e.Source] = fault
		}
		ps.results[at] = refused(e, fault)
	}
}

func notKept(why string) *wire.Error {
	return &wire.Error{
		Code: wire.Unavailable, Message: "not in the journal: " + why + "; send it again with the same source and seq: it counts once", RetryAfterMS: unprovenRetry.Milliseconds(),
	}
}
