// Package redisrate counts requests of users over all nodes that share a
// Redis.
package redisrate

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

//go:embed take.lua
var takeText string

var take = redis.NewScript(takeText)

// Limiter allows every user so many requests a minute, in any pattern. It is
// safe for concurrent use.
type Limiter struct {
	client redis.UniversalClient
	prefix string
	pause  time.Duration // between two requests at the full rate
	burst  int
}

// New makes a limiter of perMinute requests; prefix begins its keys, one for
// each user who asked for something in the last minute.
func New(c redisconn.Clients, prefix string, perMinute int) *Limiter {
	return &Limiter{client: c.Write, prefix: prefix, pause: max(time.Minute/time.Duration(perMinute), time.Microsecond), burst: perMinute}
}

// Take takes one request of a user; ok is false if there is none left, and
// wait then says how long until the next. An error says nothing of the user.
func (l *Limiter) Take(ctx context.Context, user string) (wait time.Duration, ok bool, err error) {
	key := l.prefix + ":rate:{" + user + "}"
	us, err := take.Run(ctx, l.client, []string{key}, l.pause.Microseconds(), l.burst).Int64()
	if err != nil {
		return 0, false, fmt.Errorf("rate of a user: %w", err)
	}
	return time.Duration(us) * time.Microsecond, us == 0, nil
}
