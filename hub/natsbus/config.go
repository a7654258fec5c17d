package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"rollcall/hub"
)

// Config is what a Server is made of. Zero numbers take their defaults.
type Config struct {
	// Addr is the host:port to listen on; port 0 picks one.
	Addr string

	// Authenticate turns a bot's token into a principal, which must be a
	// pusher. Nil is keyless: whoever connects from loopback is Keyless.
	Authenticate func(token string) (hub.Principal, error)

	// Keyless is the principal of every peer without keys. It is not used when
	// Authenticate is set.
	Keyless hub.Principal

	// Insecure serves also peers outside loopback without keys, and lets Addr
	// be outside loopback.
	Insecure bool

	// Push takes one request's body, with what its headers ask for, and returns
	// the answer's. It is called
	// concurrently, but for one principal and board one at a time and in the
	// order of arrival. Its ctx ends after PushTimeout, or when Close gives up.
	Push func(ctx context.Context, who hub.Principal, board string, asked hub.Asked, body []byte) []byte

	// PushTimeout bounds one Push. Default 10 s: longer than a store's worst
	// hiccup, shorter than the two minutes after which NATS forgets the asker.
	PushTimeout time.Duration

	// MaxConnections bounds connected bots. Default 1,024.
	MaxConnections int
	// MaxPrincipals bounds the distinct principals with an account here, each
	// some kB. Default 1,024; the account of one that is gone for a minute is
	// used again.
	MaxPrincipals int
	// MaxPending bounds the requests that wait or run. Default 1,024.
	MaxPending int
	// MaxPendingBytes bounds their bodies. Default 64 MiB.
	MaxPendingBytes int
	// MaxPendingPerBoard bounds them for one principal and board, so that one
	// bot cannot fill the node. Default 128.
	MaxPendingPerBoard int

	// Log is where refused connections and server errors go; nil discards.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	setDefault(&c.PushTimeout, 10*time.Second)
	setDefault(&c.MaxConnections, 1024)
	setDefault(&c.MaxPrincipals, 1024)
	setDefault(&c.MaxPending, 1024)
	setDefault(&c.MaxPendingBytes, 64<<20)
	setDefault(&c.MaxPendingPerBoard, 128)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// hostPort checks the config and splits Addr as the NATS server wants it:
// there port -1 picks one.
func (c Config) hostPort() (string, int, error) {
	if c.Push == nil {
		return "", 0, errors.New("natsbus: Push is required")
	}
	host, text, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "", 0, fmt.Errorf("natsbus: address: %w", err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("natsbus: address %q: port must be 0 to 65535", c.Addr)
	}
	if c.Authenticate == nil && !c.Insecure && !loopbackHost(host) {
		return "", 0, fmt.Errorf("natsbus: address %q is not loopback: without keys only loopback is served", c.Addr)
	}
	if port == 0 {
		return host, -1, nil
	}
	return host, int(port), nil
}

func loopbackHost(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
