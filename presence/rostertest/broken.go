package rostertest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// Broken runs random histories, at most so many, on a driver that is broken on
// purpose, until the suite fails one; it returns what it said, "" for nothing:
// a check of the suite itself.
func Broken(tb testing.TB, open Open, histories int) string {
	tb.Helper()
	for seed := range histories {
		r := &recorder{TB: tb}
		var history sync.WaitGroup
		history.Go(func() { // Fatalf ends it, not the test
			clock := NewClock()
			runModel(&bench{TB: r, Clock: clock, Roster: open(tb, clock)}, uint64(seed))
		})
		history.Wait()
		if r.said != "" {
			return fmt.Sprintf("history %d: %s", seed, r.said)
		}
	}
	return ""
}

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
