package redisroster

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

// newClients opens clients that are as patient as a busy test machine asks;
// those of redisconn give a call half a second.
func newClients(tb testing.TB, servers ...*redistest.Server) redisconn.Clients {
	tb.Helper()
	o := redis.UniversalOptions{ContextTimeoutEnabled: true, MaxRetries: -1, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second}
	for _, s := range servers {
		o.Addrs = append(o.Addrs, s.Addr)
	}
	c := redis.NewUniversalClient(&o) // a cluster's if there are several
	tb.Cleanup(func() { _ = c.Close() })
	return redisconn.Clients{Write: c, Read: c}
}
