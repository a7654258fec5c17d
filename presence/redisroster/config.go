package redisroster

import "time"

// Config is what a Roster can be told. A zero field means its default.
type Config struct {
	// Prefix begins every key; rosters of one Redis that share nothing have
	// different ones. No braces. Default "rollcall".
	Prefix string

	// Threshold is how long a holder lives after its last beat. Default 30 s:
	// two beats of 10 s may be lost.
	Threshold time.Duration
	// SweepLimit is the number of holders that one Sweep removes, unless nobody
	// left with them: then it goes on. Default 500: Redis is busy with so many for
	// less than 10 ms.
	SweepLimit int
	// SweepGap is the pause between two sweeps of a partition after which, or
	// the clock's step back at which, the next one first waits a Threshold, for
	// the beats that could not come. Default 10 s: a threshold less two beats.
	SweepGap time.Duration
	// SweepGate is how long after a sweep, of any node, the next ones of that
	// partition do nothing, unless there was more to remove. Default none; many
	// nodes want half of the pause between two sweeps of theirs.
	SweepGate time.Duration

	// SeenFor is how long it is known when a user was last seen. Default 30
	// days.
	SeenFor time.Duration
	// SeenMax is the number of users in each partition of whom it is known;
	// beyond it the longest gone are forgotten, 100 a sweep. Default 100,000:
	// about 12 MB.
	SeenMax int
	// RoomFor is how long an empty room keeps its version. Default a day: who
	// watches it meets no gap when the next user comes.
	RoomFor time.Duration

	// Now is the clock. Default Redis's own, read in the scripts, so that the
	// clocks of nodes need not agree.
	Now func() time.Time
	// Observe is told how long a round trip of a script took, over all the
	// partitions it was for. Default nobody.
	Observe func(script string, took time.Duration)
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	if c.Prefix == "" {
		c.Prefix = "rollcall"
	}
	orDefault(&c.Threshold, 30*time.Second)
	orDefault(&c.SweepLimit, 500)
	orDefault(&c.SweepGap, 10*time.Second)
	orDefault(&c.SeenFor, 30*24*time.Hour)
	orDefault(&c.SeenMax, 100_000)
	orDefault(&c.RoomFor, 24*time.Hour)
	if c.Observe == nil {
		c.Observe = func(string, time.Duration) {}
	}
	return c
}

func orDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
