package redisroster

import (
	"fmt"
	"sync/atomic"
	"testing"

	"rollcall/presence"
	"rollcall/presence/rostertest"
	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

func TestRoster(t *testing.T) {
	clients := newClients(t, redistest.Start(t))
	rostertest.Rules(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
		r := newTestRoster(clients, Config{Now: clock.Now})
		tb.Cleanup(func() { wantConsistent(tb, r) })
		return r
	})
	rostertest.Parting(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
		r := newTestRoster(clients, Config{Now: clock.Now})
		tb.Cleanup(func() { wantConsistent(tb, r) })
		return r
	})
	// The histories are of two rooms; sweeps of 64 partitions would be slow and
	// find no more.
	rostertest.Model(t, func(tb testing.TB, clock *rostertest.Clock) rostertest.Roster {
		r := newSmallRoster(clients, Config{Now: clock.Now}, standard)
		tb.Cleanup(func() { wantConsistent(tb, r) })
		return r
	})
}

var opened atomic.Int64

// newTestRoster makes a roster that is alone in its Redis.
func newTestRoster(c redisconn.Clients, cfg Config) *Roster {
	cfg.Prefix = fmt.Sprint("test", opened.Add(1))
	return newRoster(c, cfg, standard, presence.Partitions)
}

// newSmallRoster makes one of two partitions.
func newSmallRoster(c redisconn.Clients, cfg Config, scripts scripts) *Roster {
	cfg.Prefix = fmt.Sprint("test", opened.Add(1))
	return newRoster(c, cfg, scripts, 2)
}
