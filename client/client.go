package client

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

// Client is one kept connection to a hub, and the HTTP API beside it.
type Client struct {
	*API

	// Static after Dial.
	cfg     config
	life    context.Context    // ends with the Client
	quit    context.CancelFunc // ends life
	stopped chan struct{}      // closed when the runner and all it owns have ended
	wake    chan struct{}      // tells the keeper that rooms or feeds changed; has room for one
	rooms   *rooms

	nextID atomic.Int64 // of requests; never used twice by a client

	mu      sync.Mutex
	link    *link              // nil while disconnected
	up      chan struct{}      // closed when link comes; renewed when it goes
	hello   wire.HelloOK       // of the last connection
	feeds   map[string]*feed   // what is watched, by request
	sources map[string]*Source // by board and name; each has a keeper
	err     error              // why the client ended

	keepers sync.WaitGroup // of sources
	done    chan struct{}  // closed after err is set
}

// Dial connects to the hub at an http(s):// or ws(s):// address and says
// hello. It makes one attempt, bounded by ctx, and returns what was wrong with
// it; from then on the Client reconnects by itself, until Close or until the
// server says never to return (see Err). ctx does not bound the Client's life.
func Dial(ctx context.Context, url string, opts ...Option) (*Client, error) {
	cfg := newConfig(opts)
	api, err := newAPI(url, cfg)
	if err != nil {
		return nil, err
	}
	c := &Client{
		API:     api,
		cfg:     cfg,
		stopped: make(chan struct{}),
		wake:    make(chan struct{}, 1),
		rooms:   newRooms(),
		up:      make(chan struct{}),
		feeds:   map[string]*feed{},
		sources: map[string]*Source{},
		done:    make(chan struct{}),
	}
	l, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	c.life, c.quit = context.WithCancel(context.Background())
	c.attach(l)
	go c.run(c.life, l)
	return c, nil
}

// Close says goodbye (close code 1000, so rooms are left at once), waits up to
// a second for the server's own, and for every goroutine of the Client.
// Whatever is under way fails with ErrClosed. Closing again does nothing.
func (c *Client) Close() error {
	c.end(ErrClosed)
	c.quit()
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l != nil {
		l.goodbye()
	}
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-c.stopped:
	case <-t.C:
		if l != nil {
			_ = l.conn.Close()
		}
		<-c.stopped
	}
	c.keepers.Wait()
	if c.own {
		c.http.CloseIdleConnections()
	}
	return nil
}

// Drop cuts the connection without a close frame, as a broken network does.
// The Client then comes back by itself. It is meant for simulations and tests.
func (c *Client) Drop() {
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l != nil {
		_ = l.conn.NetConn().Close()
	}
}

// Session tells what the server said to the last hello: who the Client is and
// what it may do.
func (c *Client) Session() wire.HelloOK {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hello
}

// limits are those of the connection, or what the wire allows where the server
// said nothing.
func (c *Client) limits() wire.Limits {
	lim := c.Session().Limits
	if lim.Events <= 0 || lim.Events > wire.MaxBatch {
		lim.Events = wire.MaxBatch
	}
	if lim.FrameBytes <= 0 || lim.FrameBytes > wire.MaxFrameSize {
		lim.FrameBytes = wire.MaxFrameSize
	}
	return lim
}

// Connected reports whether there is a connection now.
func (c *Client) Connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link != nil
}

// Done is closed when the Client has ended and will not come back.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the Client ended: ErrClosed, a *CloseError, or the *wire.Error
// that refused its hello. It is nil before Done.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// end sets why the Client ended; the first word stands.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.done)
	}
}

// attach makes l the connection in use; false if the Client has ended.
func (c *Client) attach(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return false
	}
	c.link, c.hello = l, l.hello
	close(c.up)
	for _, s := range c.sources {
		s.reconnected()
	}
	return true
}

// detach takes l out of use and marks what it showed as stale.
func (c *Client) detach(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.up = nil, make(chan struct{})
	for _, f := range c.feeds {
		f.disconnect(l)
	}
}

// await returns the connection, waiting for one if there is none.
func (c *Client) await(ctx context.Context) (*link, error) {
	for {
		c.mu.Lock()
		l, up, err := c.link, c.up, c.err
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if l != nil {
			return l, nil
		}
		select {
		case <-up:
		case <-c.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// wakeKeeper never blocks: one waiting wake-up covers all changes before it.
func (c *Client) wakeKeeper() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// goodbye sends the close frame 1000; the reader ends when the server answers
// it.
func (l *link) goodbye() {
	text := websocket.FormatCloseMessage(wire.CloseNormal, "")
	_ = l.conn.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second))
}
