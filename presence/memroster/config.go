package memroster

import (
	"log/slog"
	"time"
)

// Config is what a Roster can be told. A zero field means its default.
type Config struct {
	// Threshold is how long a holder lives after its last beat. Default 30 s:
	// two beats of 10 s may be lost.
	Threshold time.Duration
	// SweepLimit is the number of holders one Sweep removes. Default 500: a
	// sweep holds the lock for less than a millisecond.
	SweepLimit int
	// SweepGap is the pause between two sweeps after which, or the clock's step
	// back at which, the next one first waits a Threshold, for the beats that
	// could not come. Default 10 s: a threshold less two beats.
	SweepGap time.Duration

	// SeenFor is how long it is known when a user was last seen. Default 30
	// days.
	SeenFor time.Duration
	// SeenMax is the number of offline users of whom it is known; beyond it the
	// longest gone are forgotten. Default 200,000: about 40 MB.
	SeenMax int
	// RoomFor is how long an empty room keeps its version. Default a day: who
	// watches it meets no gap when the next user comes.
	RoomFor time.Duration
	// RoomMax is the number of empty rooms kept; beyond it the longest empty
	// are forgotten. Default 10,000.
	RoomMax int

	// Journal keeps the roster over a restart. Default none: it is lost.
	Journal Journal
	// SaveWait is the longest time a transition waits to be journaled. Default
	// 1 s: one write a second whatever happens.
	SaveWait time.Duration
	// BeatWait is the pause between two journals of the beats. Default 10 s, as
	// often as beats come.
	BeatWait time.Duration
	// SaveTimeout bounds one write of the journal. Default 10 s.
	SaveTimeout time.Duration
	// PendingMax is the number of changes that wait for a journal which fails;
	// what comes when they are full is not journaled. Default 1,000,000.
	PendingMax int

	// Now is the clock. Default time.Now, whose monotonic reading makes steps
	// of the wall clock harmless.
	Now func() time.Time
	// Log is told when the journal fails and works again. Default nobody.
	Log *slog.Logger
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	orDefault(&c.Threshold, 30*time.Second)
	orDefault(&c.SweepLimit, 500)
	orDefault(&c.SweepGap, 10*time.Second)
	orDefault(&c.SeenFor, 30*24*time.Hour)
	orDefault(&c.SeenMax, 200_000)
	orDefault(&c.RoomFor, 24*time.Hour)
	orDefault(&c.RoomMax, 10_000)
	orDefault(&c.SaveWait, time.Second)
	orDefault(&c.BeatWait, 10*time.Second)
	orDefault(&c.SaveTimeout, 10*time.Second)
	orDefault(&c.PendingMax, 1_000_000)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func orDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
