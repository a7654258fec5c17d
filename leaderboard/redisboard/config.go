package redisboard

import (
	"log/slog"
	"time"

	"rollcall/redisconn"
)

// MaxBatch is how many events Apply takes at once: a script holds up everyone
// else on its server, and 64 events take it one or two milliseconds.
const MaxBatch = 64

// Config says under which names a Store keeps its boards, and what it remembers.
type Config struct {
	// Prefix begins every key: [a-zA-Z0-9_-]{1,64}. "" = rollcall.
	Prefix string
	// Logger hears of what an operator should know. nil = slog.Default().
	Logger *slog.Logger
	// IDWindow and IDLimit bound the window of event ids of each board; 0 =
	// 10 min and 100,000.
	IDWindow time.Duration
	IDLimit  int
	// ChangelogKeep is how long a batch stays in the changelog, up to half as
	// long again; longer if a snapshot takes more than half of it. 0 = 60 s.
	ChangelogKeep time.Duration
	// ChangelogEntries bounds the changelog of each board, whatever its age: at
	// least so many batches stay. 0 = 100,000, which is 60 s of all the batches
	// that one Redis can take, and about 300 MB if all of them are full.
	ChangelogEntries int
	// Resend is how long a write without an answer is sent again before it
	// fails with leaderboard.ErrUnavailable. 0 = 2 s: a failover by Sentinel is
	// mostly over then.
	Resend time.Duration
	// Replicas is how many replicas must hold a write that is acknowledged at
	// level replica or both. 0 = 1.
	Replicas int
	// AckWait is how long they have for that; a write they do not hold by then is
	// not proven. It is at most redisconn.MaxWait, which is what 0 means: longer,
	// and the answer would be taken for lost.
	AckWait time.Duration
	// Observe hears of every call of a script: its name (or page, of a snapshot),
	// how long the answer took, with its proof, and how many events it carried. It
	// must not block.
	// nil = nobody.
	Observe func(script string, took time.Duration, events int)
	// Progress hears of each page of a snapshot: how many entries were read so
	// far, of about how many. nil = nobody.
	Progress func(board string, read, total int)
	// Now is the clock of the id window and the changelog. nil = the server's.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Prefix == "" {
		c.Prefix = "rollcall"
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.IDWindow <= 0 {
		c.IDWindow = 10 * time.Minute
	}
	if c.IDLimit <= 0 {
		c.IDLimit = 100_000
	}
	if c.ChangelogKeep <= 0 {
		c.ChangelogKeep = time.Minute
	}
	if c.ChangelogEntries <= 0 {
		c.ChangelogEntries = 100_000
	}
	if c.Resend <= 0 {
		c.Resend = 2 * time.Second
	}
	if c.Replicas <= 0 {
		c.Replicas = 1
	}
	if c.AckWait < time.Millisecond || c.AckWait > redisconn.MaxWait { // WAIT counts ms; 0 is for ever
		c.AckWait = redisconn.MaxWait
	}
	if c.Observe == nil {
		c.Observe = func(string, time.Duration, int) {}
	}
	if c.Progress == nil {
		c.Progress = func(string, int, int) {}
	}
	return c
}

// now is the clock of a script, in µs; 0 = the server's.
func (c *Config) now() int64 {
	if c.Now == nil {
		return 0
	}
	return c.Now().UnixMicro()
}
