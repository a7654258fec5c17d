package fanout

import "time"

// Config is how a Conn writes and ends. A zero field is its default.
type Config struct {
	// WriteTimeout is how long waiting bytes may make no progress before the
	// connection is dropped as slow (noticed within twice that). Default 10 s:
	// longer than a change of radio cell, shorter than anyone looks at a stale
	// screen.
	WriteTimeout time.Duration
	// CloseTimeout is the time from CloseWith to the end of the connection if
	// the peer does not answer the close frame. Default 3 s.
	CloseTimeout time.Duration
	// SlowCode and SlowText are told to a peer whose outbox overflowed.
	// Default 1008 (policy violation) without a text.
	SlowCode int
	SlowText string
	// Stats counts what the connections do; nil = not counted.
	Stats *Stats
}

func (c Config) withDefaults() Config {
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 10 * time.Second
	}
	if c.CloseTimeout <= 0 {
		c.CloseTimeout = 3 * time.Second
	}
	if c.SlowCode == 0 {
		c.SlowCode = 1008
	}
	if c.Stats == nil {
		c.Stats = new(Stats)
	}
	return c
}
