package rostertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rollcall/presence"
)

// What a driver must be opened with; they are the defaults.
const (
	Threshold  = 30 * time.Second
	SweepLimit = 500
	SweepGap   = 10 * time.Second
)

// Roster is a driver under test: the writes of a tracker and the reads of a
// hub.
type Roster interface {
	presence.Roster
	Page(ctx context.Context, room, after string, limit int) (presence.Page, error)
	Rooms(ctx context.Context) ([]presence.RoomCount, error)
	Counts(ctx context.Context, rooms []string) ([]presence.RoomCount, error)
	User(ctx context.Context, user string) (presence.UserState, error)
}

// Open makes an empty roster that reads the time from the clock alone and is
// closed at the end of the test.
type Open func(tb testing.TB, clock *Clock) Roster

// Clock is the time of one test, which moves only when told. It may step back.
type Clock struct{ now time.Time }

// Now reads the clock.
func (c *Clock) Now() time.Time { return c.now }

// Move advances the clock, or steps it back.
func (c *Clock) Move(d time.Duration) { c.now = c.now.Add(d) }

// NewClock returns a clock that stands at the same instant in every test.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Run runs the suite.
func Run(t *testing.T, open Open) {
	Rules(t, open)
	Model(t, open)
}

// Rules runs the named tests alone.
func Rules(t *testing.T, open Open) {
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			clock := NewClock()
			rule.check(&bench{TB: t, Clock: clock, Roster: open(t, clock)})
		})
	}
}

// modelSeeds is the number of random histories of a run; -short takes a tenth.
const modelSeeds = 300

// Model runs the random histories alone.
func Model(t *testing.T, open Open) {
	seeds := modelSeeds
	if testing.Short() {
		seeds /= 10
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("Model/%d", seed), func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			runModel(&bench{TB: t, Clock: clock, Roster: open(t, clock)}, uint64(seed))
		})
	}
}
