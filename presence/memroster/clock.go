package memroster

import "time"

// clock turns readings into a time that never goes back, so that the order of
// beats is the order of their calls. Guarded by Roster.mu.
type clock struct {
	read     func() time.Time
	last     time.Time
	elapsed  time.Duration // since the start; steps back count as nothing
	stepBack bool          // there was one; whoever heeds it clears it
}

func newClock(read func() time.Time) clock { return clock{read: read, last: read()} }

// tick reads the clock: wall is µs since 1970, at the time since the start.
func (c *clock) tick() (wall int64, at time.Duration) {
	now := c.read()
	passed := now.Sub(c.last)
	c.last = now
	if passed < 0 {
		c.stepBack = true
		passed = 0
	}
	c.elapsed += passed
	return max(now.UnixMicro(), 0), c.elapsed
}
