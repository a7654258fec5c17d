package natsbus

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/wire"
)

// Limits of the bus that no setting changes. Sizes are bytes.
const (
	maxMessage     = 1 << 20  // one message; less if the servers' max_payload is less
	maxNode        = 16 << 10 // one NodeInfo
	maxRows        = 4096     // rows of a delta; batches have at most 512
	maxTransitions = 4096     // transitions of a message
	maxHot         = 1000     // hot boards of a NodeInfo
	maxRate        = 1e9      // events a second of a board
	maxToken       = 64       // an epoch or chain; ours have 32 to 40
)

// Timing of the connection (research: with these the bus was back 0.05 s after
// a server was, with the library's defaults 1.7 s).
const (
	dialTimeout   = 2 * time.Second        // one server, to connect or refuse
	writeTimeout  = 2 * time.Second        // one write to a peer that stalls
	flushTimeout  = 2 * time.Second        // the way to the server and back
	reconnectWait = 100 * time.Millisecond // after all servers were tried; as much again at random
	pingInterval  = 5 * time.Second        // a silent server is left after 10 to 15 s
	maxPingsOut   = 2
)

// BusConfig is what a Bus is made of. Zero numbers take their defaults.
type BusConfig struct {
	// URLs are the servers of one NATS cluster: nats://host:port, or tls://
	// for TLS. One text may hold several, separated by commas. Required.
	URLs []string

	// User and Password are those of the nodes' account. CredsFile names a
	// .creds file instead. All empty: the servers ask for nothing, or the URLs
	// carry it.
	User, Password string
	CredsFile      string

	// Prefix is what every subject of the bus begins with; the nodes of one
	// hub share it. Default "rollcall.bus".
	Prefix string

	// Node is this node's id, as in its NodeInfo. Required.
	Node string

	// MaxOut and MaxOutBytes bound what waits to be sent, MaxIn and MaxInBytes
	// what waits to be heard. Over a bound the message is dropped. Defaults
	// 16,384 messages and 16 MiB out, 64 MiB in: a second of a busy node.
	MaxOut, MaxOutBytes int
	MaxIn, MaxInBytes   int

	// Log is where the state of the connection and bad messages go; nil
	// discards.
	Log *slog.Logger
}

func (c BusConfig) withDefaults() (BusConfig, error) {
	setDefault(&c.Prefix, "rollcall.bus")
	setDefault(&c.MaxOut, 16<<10)
	setDefault(&c.MaxOutBytes, 16<<20)
	setDefault(&c.MaxIn, 16<<10)
	setDefault(&c.MaxInBytes, 64<<20)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if fault := wire.CheckName("node", c.Node); fault != nil {
		return c, fmt.Errorf("natsbus: Node: %s", fault.Message)
	}
	for _, token := range strings.Split(c.Prefix, ".") {
		if fault := wire.CheckName("prefix", token); fault != nil {
			return c, fmt.Errorf("natsbus: Prefix %q: each part between dots %s", c.Prefix, fault.Message)
		}
	}
	if c.CredsFile != "" && c.User != "" {
		return c, errors.New("natsbus: User and CredsFile: give one, not both")
	}
	if c.Password != "" && c.User == "" {
		return c, errors.New("natsbus: Password needs a User")
	}
	var err error
	c.URLs, err = splitURLs(c.URLs)
	return c, err
}

// splitURLs returns the servers' addresses one by one. Errors do not show an
// address, for it may hold a password.
func splitURLs(texts []string) (urls []string, err error) {
	for _, text := range strings.Split(strings.Join(texts, ","), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if !strings.Contains(text, "://") {
			text = "nats://" + text
		}
		n := len(urls) + 1
		u, err := url.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("natsbus: URL %d is not an address: want nats://host:port or tls://host:port", n)
		}
		if u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("natsbus: URL %d (%s): want nats://host:port or tls://host:port", n, u.Redacted())
		}
		urls = append(urls, text)
	}
	if len(urls) == 0 {
		return nil, errors.New("natsbus: URLs: at least one is required, as nats://host:4222")
	}
	return urls, nil
}

// options are the settings of the connection but its handlers.
func (c BusConfig) options() []nats.Option {
	opts := []nats.Option{
		nats.Name("rollcall " + c.Node),
		nats.NoEcho(),
		nats.Timeout(dialTimeout),
		nats.FlusherTimeout(writeTimeout),
		nats.ReconnectOnFlusherError(),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a password that is being changed ends no node
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.ReconnectBufSize(-1), // a hint that waited for a server is stale
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPingsOut),
	}
	if c.User != "" {
		opts = append(opts, nats.UserInfo(c.User, c.Password))
	}
	if c.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(c.CredsFile))
	}
	return opts
}

// away reports whether a failure to connect is that no server is there now;
// anything else will not heal by itself.
func away(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) || errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, nats.ErrStaleConnection) ||
		errors.Is(err, nats.ErrMaxConnectionsExceeded) || errors.Is(err, io.EOF)
}
