package hub

import (
	"slices"
	"sort"
	"time"

	"rollcall/leaderboard"
)

const (
	journalSources = 4096        // of a board, whose origin and generation are remembered
	journalForget  = time.Minute // a board is forgotten that has had nothing to keep for so long
)

// journalBoard is a board with events in the journal; guarded by journal.mu.
type journalBoard struct {
	name    string
	epoch   string // the last that was heard of
	lines   map[journalLineKey]*journalLine
	sources map[string]knownSource
	used    time.Time

	asking  bool          // the store is being asked
	soonest time.Time     // before this it is not asked again
	wait    time.Duration // the pause after the last answer that settled nothing
}

type journalLineKey struct{ source, origin string }

// journalLine is what is held of one source; guarded by journal.mu.
type journalLine struct {
	journalLineKey
	board *journalBoard
	held  []heldEvent // by seq, none twice
	doubt bool        // the store must be asked where the source stands
}

type heldEvent struct {
	seq, n uint64
	bytes  int
}

// knownSource is what the store said of a source in an epoch.
type knownSource struct {
	epoch, origin string
	generation    uint64
}

// journalAge says when an entry came, by its number.
type journalAge struct {
	line   *journalLine
	seq, n uint64
}

func (j *journal) boardLocked(name string) *journalBoard {
	b := j.boards[name]
	if b == nil {
		b = &journalBoard{name: name, lines: map[journalLineKey]*journalLine{}, sources: map[string]knownSource{}}
		j.boards[name] = b
	}
	b.used = time.Now()
	return b
}

func (b *journalBoard) line(source, origin string) *journalLine {
	key := journalLineKey{source, origin}
	l := b.lines[key]
	if l == nil {
		l = &journalLine{journalLineKey: key, board: b}
		b.lines[key] = l
	}
	return l
}

// move takes the epoch of a board. Another one than was known is reason to ask
// where the sources stand.
func (b *journalBoard) move(epoch string) {
	if b.epoch == epoch {
		return
	}
	b.epoch = epoch
	b.soonest, b.wait = time.Time{}, 0
	for _, l := range b.lines {
		l.doubt = true
	}
}

// learn remembers what the store said of a source.
func (b *journalBoard) learn(state leaderboard.SourceState, epoch string) {
	if len(b.sources) >= journalSources {
		clear(b.sources)
	}
	b.move(epoch)
	b.sources[state.Source] = knownSource{epoch: epoch, origin: state.Origin, generation: state.Generation}
}

// from is the place of the first held event from seq on.
func (l *journalLine) from(seq uint64) int {
	return sort.Search(len(l.held), func(i int) bool { return l.held[i].seq >= seq })
}

// addLocked holds an event for which there is room, unless it is held already.
func (j *journal) addLocked(l *journalLine, seq uint64, bytes int) bool {
	at := l.from(seq)
	if at < len(l.held) && l.held[at].seq == seq {
		return false
	}
	l.held = slices.Insert(l.held, at, heldEvent{seq: seq, n: j.next, bytes: bytes})
	if j.hub.cfg.Durable == "" {
		j.ages = append(j.ages, journalAge{line: l, seq: seq, n: j.next})
	}
	j.next++
	return true
}

// cutLocked forgets the events of a line that came before mark and that drop
// says yes to, and returns how many.
func (j *journal) cutLocked(l *journalLine, mark uint64, drop func(seq uint64) bool) int {
	var gone []JournalKey
	l.held = slices.DeleteFunc(l.held, func(e heldEvent) bool {
		if e.n >= mark || !drop(e.seq) {
			return false
		}
		gone = append(gone, l.key(e.seq))
		j.events, j.bytes = j.events-1, j.bytes-e.bytes
		return true
	})
	if len(gone) > 0 {
		j.writes = append(j.writes, journalWrite{forget: gone})
	}
	if len(l.held) == 0 && l.board.lines[l.journalLineKey] == l {
		delete(l.board.lines, l.journalLineKey)
	}
	return len(gone)
}

// dropLocked gives up events that the store may not have.
func (j *journal) dropLocked(l *journalLine, mark uint64, reason string, drop func(seq uint64) bool) {
	n := j.cutLocked(l, mark, drop)
	if n == 0 {
		return
	}
	j.hub.metrics.journalDropped.WithLabelValues(reason).Add(float64(n))
	if reason != dropFull {
		j.hub.log.Warn("events dropped from the journal", "board", l.board.name, "source", l.source, "events", n, "reason", reason)
	}
}

func (l *journalLine) key(seq uint64) JournalKey {
	return JournalKey{Board: l.board.name, Source: l.source, Origin: l.origin, Seq: seq}
}

// evictLocked drops the oldest events until there is room for so much more.
func (j *journal) evictLocked(events, bytes int) {
	for len(j.ages) > 0 && !j.fitsLocked(events, bytes) {
		a := j.ages[0]
		j.ages = j.ages[1:]
		if at := a.line.from(a.seq); at < len(a.line.held) && a.line.held[at].n == a.n {
			j.dropLocked(a.line, a.n+1, dropFull, func(seq uint64) bool { return seq == a.seq })
		}
	}
}

func (j *journal) fitsLocked(events, bytes int) bool {
	return j.events+events <= j.hub.cfg.Limits.JournalEvents && j.bytes+bytes <= j.hub.cfg.Limits.JournalBytes
}

// sweepLocked forgets a board that has had nothing to keep for a while.
func (j *journal) sweepLocked(b *journalBoard, now time.Time) {
	if len(b.lines) == 0 && !b.asking && now.Sub(b.used) > journalForget {
		delete(j.boards, b.name)
	}
}
