package redisconn

import (
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Clients are the two ways to the same Redis: reads that may be long (pages
// of a snapshot) do not stand before writes in a pool.
type Clients struct {
	Write redis.UniversalClient
	Read  redis.UniversalClient
}

// Timeouts of one call. A script takes milliseconds; whoever has waited this
// long sends the same bytes again, which every script of ours allows.
const (
	callTimeout = 500 * time.Millisecond
	dialTimeout = 500 * time.Millisecond
)

// Open makes the clients. It does not connect: Check does.
func Open(a Address) Clients {
	write, read := a.options(), a.options()
	// go-redis sends a call again by itself, also when only the answer was lost;
	// what may be sent twice is ours to decide. (Its cluster client does so
	// whatever it is told: the scripts bear it.)
	write.MaxRetries = -1
	read.MaxRetries = 1
	return Clients{Write: a.client(write), Read: a.client(read)}
}

// Close closes both.
func (c Clients) Close() error { return errors.Join(c.Write.Close(), c.Read.Close()) }

func (a Address) options() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		Addrs: a.Hosts, MasterName: a.Master, DB: a.DB,
		Username: a.User, Password: a.Password, SentinelUsername: "", SentinelPassword: "",
		ClientName: "rollcall", TLSConfig: a.tls(),
		DialTimeout: dialTimeout, DialerRetries: 1,
		ReadTimeout: callTimeout, WriteTimeout: callTimeout, ContextTimeoutEnabled: true,
		MinIdleConns: 4,
	}
}

func (a Address) client(o *redis.UniversalOptions) redis.UniversalClient {
	switch a.Kind {
	case Sentinel:
		return redis.NewFailoverClient(o.Failover())
	case Cluster:
		return redis.NewClusterClient(o.Cluster())
	}
	return redis.NewClient(o.Simple())
}
