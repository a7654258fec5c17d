package pebbleboard

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// formatVersion is the version of what this package writes. A directory with
// another one is refused.
const formatVersion = 1

// errFormat is a directory written by another version.
var errFormat = errors.New("the data directory has another format")

// checkFormat refuses another format; a directory that holds nothing is fresh.
func (s *Store) checkFormat() (fresh bool, err error) {
	v, err := s.get(keyFormat)
	if err != nil {
		return false, err
	}
	if v != nil {
		if n, _ := binary.Uvarint(v); n != formatVersion {
			return false, fmt.Errorf("%w: it is %d, this program reads %d", errFormat, n, formatVersion)
		}
		return false, nil
	}
	it, err := s.db.NewIter(nil)
	if err != nil {
		return false, err
	}
	empty := !it.First()
	if err := it.Close(); err != nil {
		return false, err
	}
	if !empty {
		return false, fmt.Errorf("%w: it holds something else", errFormat)
	}
	return true, nil
}

// stamp marks a directory as ours, and how far it is durable. What a Restore
// left that did not come to its end is struck.
func (s *Store) stamp() error {
	if err := s.writeMark(); err != nil {
		return err
	}
	if err := s.strikeRestores(); err != nil {
		return fmt.Errorf("parts of a board that was being restored: %w", err)
	}
	v, err := s.get(keyFormat)
	if v != nil || err != nil {
		return err
	}
	return s.db.Set(keyFormat, binary.AppendUvarint(nil, formatVersion), s.sync)
}

func (s *Store) readCommits() (uint64, error) {
	v, err := s.get(keyCommit)
	if err != nil || v == nil {
		return 0, err
	}
	if len(v) != 8 {
		return 0, fmt.Errorf("commit number of %d bytes", len(v))
	}
	return binary.BigEndian.Uint64(v), nil
}

// get returns a copy of a value, nil if there is none.
func (s *Store) get(key []byte) ([]byte, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append([]byte{}, v...), nil
}
