package pebbleboard

import "github.com/cockroachdb/pebble/v2"

// logWindow is which changelog entries of a board are on disk.
type logWindow struct {
	entries []logEntry // oldest first
	bytes   int
}

type logEntry struct {
	to    uint64
	bytes int
}

// trimEvery is how many entries a changelog may be over its bound before it is
// cut: one range deletion costs as much as many entries.
const trimEvery = 256

// trimLog counts a new changelog entry and cuts the oldest when there are too
// many. What it forgets is gone for readers even if the commit fails.
func (s *Store) trimLog(w *pebble.Batch, b *board, e logEntry) error {
	l := &b.log
	l.entries = append(l.entries, e)
	l.bytes += e.bytes
	over := 0
	for size := l.bytes; over < len(l.entries)-1 && (len(l.entries)-over > s.cfg.ChangelogEntries || size > s.cfg.ChangelogBytes); over++ {
		size -= l.entries[over].bytes
	}
	if over < trimEvery && l.bytes < 2*s.cfg.ChangelogBytes {
		return nil
	}
	for _, e := range l.entries[:over] {
		l.bytes -= e.bytes
	}
	l.entries = append([]logEntry(nil), l.entries[over:]...)
	return w.DeleteRange(logKey(nil, b.epoch, 0), logKey(nil, b.epoch, l.entries[0].to), nil)
}
