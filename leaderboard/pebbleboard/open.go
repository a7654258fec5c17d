package pebbleboard

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Open opens a data directory, or makes it, checks it and reads every board.
// It refuses a directory that is in use, of another format or damaged; see the
// package comment. The caller must Close the store.
func Open(cfg Config) (_ *Store, err error) {
	s := newStore(cfg)
	defer func() { err = s.opening(err) }()
	if s.lock, err = lockDir(s.cfg.FS, s.cfg.Dir); err != nil {
		return nil, err
	}
	if err := s.openLocked(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	go s.runCommitter()
	s.startMarker()
	return s, nil
}

// Examine reads all of a data directory as Open does, and writes nothing: its
// error says why Open would refuse it. One that is not there, or empty, is fine.
func Examine(cfg Config) (err error) {
	s := newStore(cfg)
	defer func() { err = s.opening(err) }()
	list, err := s.cfg.FS.List(s.cfg.Dir)
	if err != nil || len(list) == 0 {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	if !slices.Contains(list, lockName) { // nobody has ever opened it
		return s.examine()
	}
	if s.lock, err = lockDir(s.cfg.FS, s.cfg.Dir); err != nil {
		return err
	}
	return errors.Join(s.examine(), s.lock.Close())
}

// opening says what was being done when an error came.
func (s *Store) opening(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("open data directory %s: %w", s.cfg.Dir, err)
}

func newStore(cfg Config) *Store {
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
	return s
}

// openLocked opens and reads a directory that is ours. What is there is read and
// checked before anything is written, so that what is refused stays as it was.
func (s *Store) openLocked() error {
	if err := s.examine(); err != nil {
		return err
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

// examine reads and checks what is there, if anything is.
func (s *Store) examine() error {
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

// lockName is the file that a process holds while it uses the directory.
const lockName = "rollcall.lock"

// lockDir makes the directory if need be and keeps other processes out of it.
func lockDir(fs vfs.FS, dir string) (io.Closer, error) {
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := fs.Lock(fs.PathJoin(dir, lockName))
	switch {
	case err == nil:
		return lock, nil
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EACCES) && !errors.Is(err, os.ErrPermission), err.Error() == "lock held by current process":
		return nil, errors.New("the data directory is in use by another rollcall")
	}
	return nil, fmt.Errorf("lock: %w", err)
}
