package pebbleboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatVersion is the version of what this package writes. A directory with
// another one is refused.
const formatVersion = 1

// errFormat is a directory written by another version.
var errFormat = errors.New("the data directory has another format")

// Open opens a data directory, or makes it, checks it and reads every board.
// It refuses a directory that is in use, of another format or damaged; see the
// package comment. The caller must Close the store.
func Open(cfg Config) (_ *Store, err error) {
	cfg = cfg.withDefaults()
	s := &Store{
		cfg:       cfg,
		memory:    cfg.Dir == "",
		sync:      pebble.Sync,
		boards:    make(map[string]*board),
		places:    make(chan struct{}, maxUnderWay),
		queue:     newQueue(),
		committed: make(chan struct{}),
		stopping:  make(chan struct{}),
		dead:      make(chan struct{}),
	}
	if s.memory {
		s.sync = pebble.NoSync
		s.cfg.Dir = "memory"
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open data directory %s: %w", s.cfg.Dir, err)
		}
	}()
	if s.lock, err = lockDir(cfg.FS, s.cfg.Dir); err != nil {
		return nil, err
	}
	if err := s.openLocked(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	go s.runCommitter()
	s.startMarker()
	return s, nil
}

// openLocked opens and reads a directory that is ours. What is there is read and
// checked before anything is written, so that what is refused stays as it was.
func (s *Store) openLocked() error {
	if err := scanDir(s.cfg.FS, s.cfg.Dir); err != nil {
		return err
	}
	mark, marked, err := readMark(s.cfg.FS, s.cfg.Dir)
	if err != nil {
		return err
	}
	there, err := pebble.Peek(s.cfg.Dir, s.cfg.FS)
	if err != nil {
		return err
	}
	switch {
	case there.Exists:
		if err := s.check(mark, marked); err != nil {
			return err
		}
	case marked && !s.memory:
		return fmt.Errorf("its file %s says that commit %d was durable, but there is no database: files are missing", markName, mark)
	}
	if err := s.openDB(false); err != nil {
		return err
	}
	if err := s.guard(s.stamp); err != nil {
		return errors.Join(err, s.guard(s.db.Close))
	}
	s.opened.Store(true)
	return nil
}

// check opens the database for reading, reads it and closes it.
func (s *Store) check(mark uint64, marked bool) error {
	if err := s.openDB(true); err != nil {
		return err
	}
	err := s.guard(func() error { return s.load(mark, marked) })
	return errors.Join(err, s.guard(s.db.Close))
}

func (s *Store) openDB(readOnly bool) error {
	opened := make(chan *pebble.DB, 1)
	err := s.guard(func() error {
		opts := s.pebbleOptions()
		opts.ReadOnly = readOnly
		db, err := pebble.Open(s.cfg.Dir, opts)
		opened <- db
		return err
	})
	if err != nil {
		return err
	}
	s.db = <-opened
	return nil
}

// load reads the open database, and writes nothing.
func (s *Store) load(mark uint64, marked bool) error {
	fresh, err := s.checkFormat()
	if err != nil {
		return err
	}
	commits, err := s.readCommits()
	if err != nil {
		return err
	}
	switch {
	case commits < mark:
		return fmt.Errorf("it ends at commit %d, but its file %s says that commit %d was durable: files are missing or were cut", commits, markName, mark)
	case !marked && !fresh && !s.memory:
		return fmt.Errorf("its file %s is missing", markName)
	}
	s.commits.Store(commits)
	return s.loadBoards()
}

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

// lockDir makes the directory if need be and keeps other processes out of it.
func lockDir(fs vfs.FS, dir string) (io.Closer, error) {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := fs.Lock(fs.PathJoin(dir, "rollcall.lock"))
	switch {
	case err == nil:
		return lock, nil
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EACCES) && !errors.Is(err, os.ErrPermission), err.Error() == "lock held by current process":
		return nil, errors.New("the data directory is in use by another rollcall")
	}
	return nil, fmt.Errorf("lock: %w", err)
}
