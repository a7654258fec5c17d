package natsbus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
)

var _ hub.Bus = (*Bus)(nil)

// chanSize is how many messages the connection may read ahead of pump, which
// never waits.
const chanSize = 4096

// Bus is a node's end of the bus over a NATS cluster. Its methods are safe for
// concurrent use; only Connect and Close wait for anything. The library's own
// calls can: it holds its lock while a peer that stalls blocks a write, so they
// are made in the goroutines of the bus alone.
type Bus struct {
	// static after Connect
	cfg      BusConfig
	subjects subjects
	conn     *nats.Conn

	listener atomic.Pointer[hub.Listener] // nil = nobody listens
	limit    atomic.Int64                 // bytes of one message

	out     *queue         // Publish → write
	arrived chan *nats.Msg // the connection → pump
	in      *queue         // pump → hear
	watches *watches       // WatchBoard, WatchRoom → sync
	doubts  *doubts        // sync, pump, the connection → doubt

	// owned by sync; by Connect before it and by Close after it
	subs     map[string]*nats.Subscription // what the server was asked for
	unproven map[string]bool               // subjects without a round trip since they were asked for

	writer, syncer, receivers sync.WaitGroup
	stopSync, stopReceive     chan struct{}
	closing                   sync.Once

	logs   paced // of what could come with every message
	states paced // of how the connection is
	counts busCounts
}

// Connect joins the bus. When no server is there it says so in the log,
// returns all the same and goes on trying; what will not heal by itself (a bad
// address, a refused password, a refused subject) is an error. It waits up to
// 2 s a server; if ctx has ended by then and no server was there, it fails. The
// caller must Close it.
func Connect(ctx context.Context, cfg BusConfig) (*Bus, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	b := newBus(cfg)
	ready := make(chan struct{})
	opts := append(cfg.options(), b.handlers(sync.OnceFunc(func() { close(ready) }))...)
	servers := strings.Join(cfg.URLs, ",")
	b.conn, err = nats.Connect(servers, opts...)
	switch {
	case err == nil:
		<-ready
	case !away(err):
		return nil, fmt.Errorf("natsbus: connect: %w", err)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("natsbus: connect: %w", ctx.Err())
	default:
		cfg.Log.Warn("bus not connected, trying on", "err", err)
		if b.conn, err = nats.Connect(servers, append(opts, nats.RetryOnFailedConnect(true))...); err != nil {
			return nil, fmt.Errorf("natsbus: connect: %w", err)
		}
	}
	if err := b.open(); err != nil {
		b.conn.Close()
		return nil, err
	}
	return b, nil
}

func newBus(cfg BusConfig) *Bus {
	b := &Bus{
		cfg: cfg, subjects: subjects{cfg.Prefix},
		out: newQueue(cfg.MaxOut, cfg.MaxOutBytes), in: newQueue(cfg.MaxIn, cfg.MaxInBytes),
		arrived: make(chan *nats.Msg, chanSize), watches: newWatches(), doubts: newDoubts(),
		subs: map[string]*nats.Subscription{}, unproven: map[string]bool{},
		stopSync: make(chan struct{}), stopReceive: make(chan struct{}),
		logs: paced{log: cfg.Log, every: time.Second}, states: paced{log: cfg.Log, every: 10 * time.Second},
	}
	b.limit.Store(maxMessage)
	b.counts.init()
	return b
}

// open subscribes to what every node hears and starts the goroutines.
func (b *Bus) open() error {
	b.watches.add(b.subjects.node())
	b.step()
	if err := b.conn.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("natsbus: the account must be allowed %s.>: %w", b.cfg.Prefix, err)
	}
	b.doubts.take() // nobody listens yet
	b.writer.Go(b.write)
	b.syncer.Go(b.sync)
	b.receivers.Go(b.pump)
	b.receivers.Go(b.hear)
	b.receivers.Go(b.doubt)
	return nil
}

// handlers are called by the connection, one at a time. up is called at each
// connection.
func (b *Bus) handlers(up func()) []nats.Option {
	connected := func(nc *nats.Conn) {
		b.limit.Store(min(maxMessage, nc.MaxPayload()))
		b.counts.connects.Add(1)
		b.counts.connected.Store(true)
		b.cfg.Log.Info("bus connected", "url", nc.ConnectedUrlRedacted())
		b.watches.renew()
		up()
	}
	return []nats.Option{
		nats.ConnectHandler(connected),
		nats.ReconnectHandler(connected),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.counts.connected.Store(false)
			b.cfg.Log.Warn("bus disconnected", "err", err)
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.counts.errors.Add(1)
			b.logs.warn("bus", "err", err)
			if errors.Is(err, nats.ErrSlowConsumer) {
				b.doubts.all()
			}
		}),
	}
}

// Listen gives what other nodes tell to l until stop is called; a call under
// way then still ends. There is one listener at a time. Listen before the
// first watch, or what it heard is lost.
func (b *Bus) Listen(l hub.Listener) (stop func(), err error) {
	if !b.listener.CompareAndSwap(nil, &l) {
		return nil, errors.New("natsbus: somebody listens already")
	}
	return func() { b.listener.CompareAndSwap(&l, nil) }, nil
}
