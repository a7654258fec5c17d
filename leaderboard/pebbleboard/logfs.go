package pebbleboard

import (
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// logFS watches over the files of Pebble's log. Pebble ends the process when it
// cannot begin, write or close one; here the store turns read-only instead, and
// the goroutine that asked gets no answer, ever. It holds no lock then that
// readers need.
type logFS struct {
	vfs.FS
	fault func(error) // does not return after an error
}

// Create implements vfs.FS.
func (fs logFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	if !strings.HasSuffix(name, ".log") {
		return f, err
	}
	if err != nil {
		fs.fault(fmt.Errorf("create %s: %w", name, err))
	}
	return logFile{File: f, name: name, fault: fs.fault}, nil
}

// Unwrap implements vfs.FS.
func (fs logFS) Unwrap() vfs.FS { return fs.FS }

type logFile struct {
	vfs.File
	name  string
	fault func(error)
}

func (f logFile) check(err error) {
	if err != nil {
		f.fault(fmt.Errorf("write %s: %w", f.name, err))
	}
}

// Write implements vfs.File.
func (f logFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.check(err)
	return n, nil
}

// Preallocate implements vfs.File.
func (f logFile) Preallocate(offset, length int64) error {
	f.check(f.File.Preallocate(offset, length))
	return nil
}

// Sync implements vfs.File.
func (f logFile) Sync() error {
	f.check(f.File.Sync())
	return nil
}

// SyncData implements vfs.File.
func (f logFile) SyncData() error {
	f.check(f.File.SyncData())
	return nil
}

// SyncTo implements vfs.File.
func (f logFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	f.check(err)
	return full, nil
}

// Close implements vfs.File.
func (f logFile) Close() error {
	f.check(f.File.Close())
	return nil
}

// park ends writing and keeps its goroutine for ever.
func (s *Store) park(err error) {
	s.parked.Store(true)
	s.fail(err)
	select {}
}
