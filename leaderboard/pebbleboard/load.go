package pebbleboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// loadBoards reads and checks every board.
func (s *Store) loadBoards() error {
	return s.each([]byte{'b'}, func(name, value []byte) error {
		b, err := s.loadBoard(string(name), value)
		if err != nil {
			return fmt.Errorf("board %s: %w", name, err)
		}
		s.boards[b.name] = b
		s.cfg.Progress(b.name, b.state.Len())
		return nil
	})
}

func (s *Store) loadBoard(name string, value []byte) (*board, error) {
	var rec record
	if err := json.Unmarshal(value, &rec); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if len(rec.Head.Epoch) != epochBytes {
		return nil, fmt.Errorf("record: epoch of %d bytes", len(rec.Head.Epoch))
	}
	b := &board{name: name, epoch: rec.Head.Epoch}
	b.state = leaderboard.RestoreState(rec.Rules, rec.Head, s.cfg.state())
	b.state.RestoreOrigin(rec.Origin)
	if err := s.loadEntries(b, rec.Total); err != nil {
		return nil, fmt.Errorf("entries: %w", err)
	}
	if err := s.loadSources(b); err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	if err := s.loadIDs(b); err != nil {
		return nil, fmt.Errorf("ids: %w", err)
	}
	if err := s.loadLog(b, rec.Head); err != nil {
		return nil, fmt.Errorf("changelog: %w", err)
	}
	return b, nil
}

func (s *Store) loadEntries(b *board, total int) error {
	n := 0
	err := s.each(under(nil, kindEntry, b.epoch, ""), func(member, value []byte) error {
		row, err := leaderboard.DecodeRow(value)
		if err != nil {
			return err
		}
		if row.Member != string(member) || row.Removed {
			return fmt.Errorf("the entry of %q is that of %q", member, row.Member)
		}
		b.state.RestoreEntry(row.Entry)
		if n++; n%1024 == 0 {
			return s.stopped()
		}
		return nil
	})
	if err == nil && b.state.Len() != total {
		err = fmt.Errorf("%d are there, the record says %d", b.state.Len(), total)
	}
	return err
}

// stopped is an error if Open shall read no more.
func (s *Store) stopped() error {
	select {
	case <-s.cfg.Stop:
		return context.Canceled
	default:
		return nil
	}
}

func (s *Store) loadSources(b *board) error {
	return s.each(under(nil, kindSource, b.epoch, ""), func(name, value []byte) error {
		var src leaderboard.Source
		if err := json.Unmarshal(value, &src); err != nil {
			return err
		}
		if src.Name != string(name) {
			return fmt.Errorf("the source %q stands under %q", src.Name, name)
		}
		b.state.RestoreSource(src)
		return nil
	})
}

func (s *Store) loadIDs(b *board) error {
	var ids []leaderboard.UsedID
	err := s.each(under(nil, kindID, b.epoch, ""), func(id, value []byte) error {
		used, err := decodeID(string(id), value)
		if err == nil {
			ids = append(ids, used)
		}
		return err
	})
	slices.SortFunc(ids, func(a, b leaderboard.UsedID) int { return a.At.Compare(b.At) })
	for _, id := range ids {
		b.state.RestoreID(id)
	}
	return err
}

// loadLog checks that the changelog is one unbroken chain up to the head. An
// epoch begins with its first chain, at any version if the board was restored.
func (s *Store) loadLog(b *board, head leaderboard.Head) error {
	at := leaderboard.Head{Epoch: head.Epoch, Version: head.Version, Chain: leaderboard.FirstChain(head.Epoch)}
	first := true
	err := s.each(under(nil, kindLog, b.epoch, ""), func(_, value []byte) error {
		d, err := decodeLog(value)
		if err != nil {
			return err
		}
		if first {
			at.Version, at.Chain = d.From, d.PrevChain // the oldest may have been cut
		}
		if d.Epoch != at.Epoch || d.From != at.Version || d.PrevChain != at.Chain {
			return fmt.Errorf("the entry to version %d does not follow version %d", d.To, at.Version)
		}
		b.log.entries = append(b.log.entries, logEntry{to: d.To, bytes: len(value)})
		b.log.bytes += len(value)
		at, first = d.Head(), false
		return nil
	})
	if err == nil && at != head {
		err = fmt.Errorf("it ends at version %d with another chain than the head at version %d", at.Version, head.Version)
	}
	return err
}

// each calls f with every key under a prefix, less the prefix, and its value.
// f must copy what it keeps.
func (s *Store) each(prefix []byte, f func(key, value []byte) error) error {
	return each(s.db, prefix, f)
}

func each(from pebble.Reader, prefix []byte, f func(key, value []byte) error) error {
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: upTo(prefix)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		if err := f(it.Key()[len(prefix):], it.Value()); err != nil {
			_ = it.Close()
			return err
		}
	}
	return it.Close()
}
