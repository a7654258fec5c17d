package pebbleboard

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rollcall/leaderboard"
)

// Config says where a Store lives and what it remembers.
type Config struct {
	// Dir is the data directory; it is made if it does not exist. "" = memory
	// only: everything is gone at Close.
	Dir string
	// FS is the file system. nil = the operating system's, or one in memory if
	// Dir is "". Tests inject faults here.
	FS vfs.FS
	// Logger hears of what an operator should know. nil = slog.Default().
	Logger *slog.Logger
	// IDWindow and IDLimit bound the window of event ids of each board; 0 =
	// 10 min and 100,000.
	IDWindow time.Duration
	IDLimit  int
	// ChangelogEntries and ChangelogBytes bound each board's changelog: the
	// oldest batches go when it is over either. 0 = 10,000 (20 s of a board that
	// takes 500 batches a second) and 64 MiB.
	ChangelogEntries int
	ChangelogBytes   int
	// Progress hears at Open of each board that is read, with its number of
	// entries. nil = nobody.
	Progress func(board string, entries int)
	// Stop, once closed, ends an Open that still reads with context.Canceled. nil =
	// nothing does.
	Stop <-chan struct{}
	// Now is the clock of the id window. nil = time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.FS == nil {
		c.FS = vfs.Default
		if c.Dir == "" {
			c.FS = vfs.NewMem()
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.ChangelogEntries <= 0 {
		c.ChangelogEntries = 10_000
	}
	if c.ChangelogBytes <= 0 {
		c.ChangelogBytes = 64 << 20
	}
	if c.Progress == nil {
		c.Progress = func(string, int) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) state() leaderboard.StateConfig {
	return leaderboard.StateConfig{IDWindow: c.IDWindow, IDLimit: c.IDLimit}
}
