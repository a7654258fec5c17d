package pebbleboard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// markName is a small file beside the database that says how many commits were
// durable when it was written: 8 bytes and their CRC-32C, both big endian. A
// database that knows of fewer has lost some.
const markName = "MARK"

// markEvery is how often MARK is brought up to date while commits are made.
const markEvery = time.Second

// marker is the goroutine that writes MARK.
type marker struct {
	stop  chan struct{}
	tasks sync.WaitGroup

	// Owned by Open, then the goroutine, then Close.
	last    uint64 // what MARK says
	written bool
}

func (s *Store) startMarker() {
	s.marker.stop = make(chan struct{})
	s.marker.tasks.Go(func() {
		tick := time.NewTicker(markEvery)
		defer tick.Stop()
		for {
			select {
			case <-s.marker.stop:
				return
			case <-s.dead:
				return
			case <-tick.C:
				if err := s.writeMark(); err != nil {
					s.fail(fmt.Errorf("write %s: %w", markName, err))
				}
			}
		}
	})
}

func (s *Store) stopMarker() {
	close(s.marker.stop)
	s.marker.tasks.Wait()
}

// writeMark replaces MARK in one step, unless it is up to date.
func (s *Store) writeMark() error {
	n := s.commits.Load()
	if s.memory || s.marker.written && n == s.marker.last {
		return nil
	}
	b := binary.BigEndian.AppendUint64(nil, n)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	fs, path := s.cfg.FS, s.cfg.FS.PathJoin(s.cfg.Dir, markName)
	if err := writeSynced(fs, path+".new", b); err != nil {
		return err
	}
	if err := fs.Rename(path+".new", path); err != nil {
		return err
	}
	if err := syncDir(fs, s.cfg.Dir); err != nil {
		return err
	}
	s.marker.last, s.marker.written = n, true
	return nil
}

// readMark returns what MARK says; ok is false if there is no such file.
func readMark(fs vfs.FS, dir string) (n uint64, ok bool, err error) {
	b, err := readFile(fs, fs.PathJoin(dir, markName))
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if len(b) != 12 || crc32.Checksum(b[:8], castagnoli) != binary.BigEndian.Uint32(b[8:]) {
		return 0, false, fmt.Errorf("its file %s is damaged", markName)
	}
	return binary.BigEndian.Uint64(b), true, nil
}

func writeSynced(fs vfs.FS, path string, b []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func readFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
