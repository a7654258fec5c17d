package hub

import (
	"errors"
	"math"
	"slices"
	"time"

	"rollcall/leaderboard"
)

// journalRetry is the first pause after an answer that settled nothing; it
// doubles up to proofRetry while others are waited for, else to proofRetryMax.
const journalRetry = proofRetry / 4

// look asks the store about what may be asked, and forgets boards that have
// nothing to keep.
func (j *journal) look(now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, b := range j.boards {
		if !b.asking && !b.soonest.After(now) && len(b.owed(j.hub.cfg.Durable)) > 0 {
			b.asking = j.hub.spawn(func() { j.ask(b) })
		}
		j.sweepLocked(b, now)
	}
}

// owed are lines of which the store should be asked: as many as one question
// takes.
func (b *journalBoard) owed(durable leaderboard.Level) (lines []*journalLine) {
	for _, l := range b.lines {
		if len(lines) < sourcesPerProof && (l.doubt || durable != "" && len(l.held) > 0) {
			lines = append(lines, l)
		}
	}
	return lines
}

// serve keeps the replicas of boards with events that the store may still lose:
// who has no replica does not notice. Once in a while the store is asked anyway:
// of a board that was deleted nobody tells an epoch.
func (j *journal) serve() {
	var names []string
	j.mu.Lock()
	for name, b := range j.boards {
		if len(b.lines) > 0 {
			names = append(names, name)
			for _, l := range b.lines {
				l.doubt = true
			}
		}
	}
	j.mu.Unlock()
	for _, name := range names {
		j.hub.feeds.get(name)
	}
}

// found takes the epoch of a board that was read from the store.
func (j *journal) found(board, epoch string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if b := j.boards[board]; b != nil {
		b.move(epoch)
		j.signal()
	}
}

// ask asks the store where the sources of a board stand. What it has for good is
// forgotten, what it has lost is sent again.
func (j *journal) ask(b *journalBoard) {
	j.mu.Lock()
	lines, mark, epoch := b.owed(j.hub.cfg.Durable), j.next, b.epoch
	var sources []string
	for _, l := range lines {
		l.doubt = false
		sources = append(sources, l.source)
	}
	j.mu.Unlock()
	slices.Sort(sources)
	said, proven, err := j.hub.prove(j.hub.life, b.name, slices.Compact(sources))
	settled, more := false, false
	switch {
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		settled = j.ended(b, lines, mark, epoch)
	case err != nil:
		j.hub.log.Debug("journal: store not asked", "board", b.name, "err", err)
	default:
		settled = true
		states := map[string]leaderboard.SourceState{}
		for _, state := range said.Sources {
			states[state.Source] = state
		}
		for _, l := range lines {
			state := states[l.source]
			if j.judge(l, state, said.Head.Epoch, mark, proven) {
				all, some := j.replay(l, state, said.Head.Epoch, mark)
				settled, more = settled && all, more || some
			}
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	b.asking = false
	for _, l := range lines {
		l.doubt = l.doubt || !settled
	}
	most := proofRetryMax
	if err == nil && !settled { // it answers: another node may have what comes first
		most = proofRetry
	}
	b.wait = min(max(2*b.wait, journalRetry), most)
	if more || settled && (proven || j.hub.cfg.Durable == "") {
		b.wait = 0
	}
	b.soonest = time.Now().Add(max(b.wait, standingEvery))
}

// ended drops what was meant for a board that is not there, if it was deleted.
// If the store has lost it, it may come back.
func (j *journal) ended(b *journalBoard, lines []*journalLine, mark uint64, epoch string) bool {
	ended, err := j.hub.boards.Ended(j.hub.life, b.name, epoch)
	if err != nil || !ended {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range lines {
		j.dropLocked(l, mark, dropDeleted, everySeq)
	}
	return true
}

func everySeq(uint64) bool { return true }

// judge takes what the store said of a source, of what was held before mark. It
// reports whether the store has less than was acknowledged.
func (j *journal) judge(l *journalLine, state leaderboard.SourceState, epoch string, mark uint64, proven bool) (behind bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	l.board.learn(state, epoch)
	if state.Origin != l.origin {
		j.dropLocked(l, mark, dropOther, everySeq)
		return false
	}
	if proven {
		j.cutLocked(l, mark, func(seq uint64) bool { return seq <= state.Seq })
	}
	if state.Seq == math.MaxUint64 {
		return false
	}
	return slices.ContainsFunc(l.held[l.from(state.Seq+1):], func(e heldEvent) bool { return e.n < mark })
}
