package redisconn

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Clients are the ways to the same Redis: reads that may be long (pages of a
// snapshot) do not stand before writes in a pool, nor do writes whose answer the
// server holds back.
type Clients struct {
	Write redis.UniversalClient
	Read  redis.UniversalClient
	Wait  redis.UniversalClient // for WAIT; it has no connection before its first call
}

// Timeouts of one call. A script takes milliseconds; whoever has waited this
// long sends the same bytes again, which every script of ours allows.
const (
	callTimeout = 500 * time.Millisecond
	dialTimeout = 500 * time.Millisecond
)

// MaxWait is how long a server may hold back an answer to Clients.Wait: the
// most that WAIT may be told.
const MaxWait = 400 * time.Millisecond

// topologyAge is how old a client's map of a Cluster may get while it is used.
// go-redis asks for a new one when a server sends it elsewhere, but not when one
// is silent: it would dial a primary that has died for a minute, whatever took
// its place.
const topologyAge = time.Second

// waitPool bounds the calls held back at once. Each board has one at a time, so
// the next one of the boards beyond waits for a free connection.
const waitPool = 64

// Option is a choice for Open.
type Option func(*redis.UniversalOptions)

// OnConnect calls f for each new connection to a server or a Sentinel: then the
// server may be another, or have lost what it had. Pools open connections also
// when load grows, several at a time: f must be quick, must not block, and may be
// called by many goroutines at once.
func OnConnect(f func()) Option {
	return func(o *redis.UniversalOptions) {
		o.OnConnect = func(context.Context, *redis.Conn) error {
			f()
			return nil
		}
	}
}

// Open makes the clients. It does not connect: Check does.
func Open(a Address, options ...Option) Clients {
	write, read, wait := a.options(options), a.options(options), a.options(options)
	// go-redis sends a call again by itself, also when only the answer was lost;
	// what may be sent twice is ours to decide. (Its cluster client does so
	// whatever it is told: the scripts bear it.)
	write.MaxRetries, wait.MaxRetries = -1, -1
	read.MaxRetries = 1
	wait.ReadTimeout = callTimeout + MaxWait
	wait.MinIdleConns, wait.PoolSize = 0, waitPool
	return Clients{Write: a.client(write), Read: a.client(read), Wait: a.client(wait)}
}

// Close closes them all.
func (c Clients) Close() error {
	return errors.Join(c.Write.Close(), c.Read.Close(), c.Wait.Close())
}

func (a Address) options(options []Option) *redis.UniversalOptions {
	o := &redis.UniversalOptions{
		Addrs: a.Hosts, MasterName: a.Master, DB: a.DB,
		Username: a.User, Password: a.Password, SentinelUsername: a.SentinelUser, SentinelPassword: a.SentinelPassword,
		ClientName: "rollcall", TLSConfig: a.tls(),
		DialTimeout: dialTimeout, DialerRetries: 1,
		ReadTimeout: callTimeout, WriteTimeout: callTimeout, ContextTimeoutEnabled: true,
		MinIdleConns: 4,
	}
	for _, option := range options {
		option(o)
	}
	return o
}

func (a Address) client(o *redis.UniversalOptions) redis.UniversalClient {
	switch a.Kind {
	case Sentinel:
		return redis.NewFailoverClient(o.Failover())
	case Cluster:
		cluster := o.Cluster()
		cluster.ClusterStateReloadInterval = topologyAge
		return redis.NewClusterClient(cluster)
	}
	return redis.NewClient(o.Simple())
}
