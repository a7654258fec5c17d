package presence

import (
	"log/slog"
	"time"
)

// Config is what a Tracker can be told. A zero field means its default.
type Config struct {
	// How long a user whose last session on this node ended is still held, by
	// the cause of that end. Negative = not at all.
	GraceExplicit time.Duration // default none: who says goodbye has left
	GraceGoing    time.Duration // default 3 s: a reload is back within it on a slow phone
	GraceBroken   time.Duration // default 7 s: with the read deadline of 23 s a lost user shows within 30 s

	// Refresh is the pause between two beats for all holders of this node.
	// Default 10 s: two may be lost within the roster's threshold of 30 s.
	Refresh time.Duration
	// RefreshChunk is the number of holders in one Refresh call. Default 1,000:
	// cheapest per holder, and a join waits 2 ms behind it, not 36.
	RefreshChunk int
	// Sweep is the pause between two sweeps. Default 1 s: a dead node's users
	// leave within 32 s.
	Sweep time.Duration

	// CoalesceWait is how long a change waits for others to share its call.
	// Default 25 ms: nobody sees it, and a storm of joins is 40 calls a second.
	CoalesceWait time.Duration
	// CoalesceMax is the number of changes in one batch, which goes at once when
	// it is full. Default 100: larger ones gain nothing (measured 65k/s at 100,
	// 71k/s at 500).
	CoalesceMax int

	// CallTimeout bounds one roster call. Default 5 s: a silent stall becomes
	// an error while the beats still are in time.
	CallTimeout time.Duration
	// RetryMin and RetryMax bound the pause after a failed call, which doubles
	// from one to the other. Default 100 ms, and a fifth of Refresh but at most
	// 2 s: what fails before a beat must not cost it.
	RetryMin, RetryMax time.Duration

	// MaxRooms is the number of rooms one session may be in. Default 16: it
	// bounds what one socket can make the roster hold.
	MaxRooms int

	// Log is told when the roster stops and starts to answer. Default nobody.
	Log *slog.Logger
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	orDefault(&c.GraceGoing, 3*time.Second)
	orDefault(&c.GraceBroken, 7*time.Second)
	orDefault(&c.Refresh, 10*time.Second)
	orDefault(&c.RefreshChunk, 1000)
	orDefault(&c.Sweep, time.Second)
	orDefault(&c.CoalesceWait, 25*time.Millisecond)
	orDefault(&c.CoalesceMax, 100)
	orDefault(&c.CallTimeout, 5*time.Second)
	orDefault(&c.RetryMin, 100*time.Millisecond)
	orDefault(&c.RetryMax, min(2*time.Second, c.Refresh/5))
	orDefault(&c.MaxRooms, 16)
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

// grace is how long a loss of this cause is forgiven.
func (c Config) grace(cause Cause) time.Duration {
	switch cause {
	case Explicit:
		return c.GraceExplicit
	case Going:
		return c.GraceGoing
	default:
		return c.GraceBroken
	}
}
