package pebbleboard

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/cockroachdb/pebble/v2"
)

// pebbleOptions are Pebble's options, with reasons.
func (s *Store) pebbleOptions() *pebble.Options {
	log := &pebbleLogger{log: s.cfg.Logger, fatal: s.fail}
	return &pebble.Options{
		FS:     logFS{FS: s.cfg.FS, fault: s.park},
		Logger: log,
		// Log records that promise what was synced before them, and tables with
		// a checksum over their footer. Pinned: a newer Pebble must not change
		// the format unasked.
		FormatMajorVersion: pebble.FormatTableFormatV6,
		// Everything is read once, at Open; after that only changelogs are.
		CacheSize: 8 << 20,
		// 16 MiB: a flush every 16 MiB of log, and at most that to replay.
		MemTableSize: 16 << 20,
		Cleaner:      freshLogs{},
		DisableWAL:   s.memory,
		EventListener: &pebble.EventListener{
			// Pebble would try again at once, for ever.
			BackgroundError: func(err error) { log.Fatalf("background write: %w", err) },
			DataCorruption:  func(i pebble.DataCorruptionInfo) { log.fatal(fmt.Errorf("damaged file %s: %w", i.Path, i.Details)) },
		},
	}
}

// freshLogs deletes obsolete files. By way of ArchiveCleaner it also tells
// Pebble that it wants to see their content, so Pebble does not write new logs
// over old ones: behind the end of a log there is nothing but zeros, and a torn
// record can be told from a damaged one.
type freshLogs struct {
	pebble.DeleteCleaner
	keepContent
}

// keepContent lies deeper than DeleteCleaner, whose methods thus go first.
type keepContent struct{ pebble.ArchiveCleaner }

// pebbleLogger passes on Pebble's faults and drops its chatter. Pebble calls
// Fatalf where it cannot go on, and expects it not to return: the goroutine
// ends, whatever Pebble lock it holds stays locked, and the store turns
// read-only.
type pebbleLogger struct {
	log   *slog.Logger
	fatal func(error)
}

// Infof implements pebble.Logger.
func (l *pebbleLogger) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (l *pebbleLogger) Errorf(format string, args ...any) {
	l.log.Warn("pebble", "err", fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger. It does not return.
func (l *pebbleLogger) Fatalf(format string, args ...any) {
	l.fatal(fmt.Errorf(format, args...))
	runtime.Goexit()
}

// guard runs f in a goroutine of its own and waits for it: a panic inside
// Pebble, or its Fatalf in whatever goroutine, becomes an error. After a Fatalf
// elsewhere f may wait for ever; it is then left behind.
func (s *Store) guard(f func() error) error {
	err := errors.New("the storage engine gave up")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("the storage engine gave up: %v", r)
			}
		}()
		err = f()
	}()
	select {
	case <-done:
		return err
	case <-s.dead:
		return s.failure()
	}
}
