package natsbus

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"rollcall/hub/natsbus/natstest"
)

func TestServerRestart(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	one, two := newNode(t, BusConfig{URLs: []string{s.URL()}}), newNode(t, BusConfig{URLs: []string{s.URL()}})
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	s.Stop()
	until(t, "one sees it", func() bool { return !one.Stats().Connected })
	one.PublishDelta("finals", testDelta(1)) // lost, and never sent later
	until(t, "it is lost", func() bool { return one.Stats().Dropped["unsent"] == 1 })
	until(t, "two sees it", func() bool { return !two.Stats().Connected })
	two.WatchBoard("warmup")
	s.Restart()
	two.ear.wantDoubt(t)
	if got := s.Interest("", onFinals) + s.Interest("", "rollcall.bus.board.warmup"); got != 2 {
		t.Errorf("doubted with %d of 2 subscriptions", got)
	}
	until(t, "one is back", func() bool { return one.Stats().Connected })
	one.PublishDelta("warmup", testDelta(4))
	two.ear.want(t, said{what: "delta", board: "warmup", delta: testDelta(4)})
	if st := two.Stats(); st.Reconnects != 1 || !st.Connected {
		t.Errorf("stats %+v", st)
	}
}

func TestOneOfThreeServersStops(t *testing.T) {
	c := natstest.StartCluster(t, 3, natstest.Config{})
	one, two := newNode(t, BusConfig{URLs: []string{c[0].URL()}}), newNode(t, BusConfig{URLs: []string{c.URLs()}})
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	c.WantInterest("", onFinals, 1)
	c[0].Stop() // one knows the others from the cluster itself
	until(t, "messages flow again", func() bool {
		one.PublishRenewed("finals")
		return len(two.ear.said) > 0
	})
}

func TestConnectBeforeTheServers(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	s.Stop()
	log, read := newLog()
	one := newNode(t, BusConfig{URLs: []string{s.URL()}, Log: log})
	two := newNode(t, BusConfig{URLs: []string{s.URL()}})
	if !strings.Contains(read(), "bus not connected") {
		t.Errorf("the log says %q", read())
	}
	if st := one.Stats(); st.Connected || st.Reconnects != 0 {
		t.Errorf("stats %+v", st)
	}
	two.WatchBoard("finals")
	s.Restart()
	two.ear.wantDoubt(t)
	until(t, "one is there", func() bool { return one.Stats().Connected })
	one.PublishDelta("finals", testDelta(1))
	two.ear.want(t, said{what: "delta", board: "finals", delta: testDelta(1)})
	if got := two.Stats().Reconnects; got != 0 {
		t.Errorf("the first connection counts as %d reconnects", got)
	}
}

func TestCloseWithoutServer(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	s.Stop()
	bus, err := Connect(t.Context(), BusConfig{URLs: []string{s.URL()}, Node: "n"})
	if err != nil {
		t.Fatal(err)
	}
	bus.PublishNode(testNode("n"))
	if err := bus.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSlowListenerIsToldToDoubt(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	one := newNode(t, BusConfig{URLs: []string{s.URL()}})
	for name, cfg := range map[string]BusConfig{"messages": {MaxIn: 10}, "bytes": {MaxInBytes: 10 * 200}} {
		t.Run(name, func(t *testing.T) {
			two := &node{ear: newEar()}
			two.ear.gate = make(chan struct{})
			cfg.URLs = []string{s.URL()}
			join(t, two, cfg)
			two.WatchBoard("finals")
			two.ear.wantDoubt(t, "finals")
			two.WatchRoom("hall")
			two.ear.wantDoubt(t)
			one.PublishDelta("finals", testDelta(0))
			until(t, "the listener is stuck", func() bool { return two.Stats().In["delta"].Messages == 1 })
			const n = 100
			for v := range uint64(n - 1) {
				one.PublishDelta("finals", testDelta(v))
			}
			two.ear.wantDoubt(t, "finals")
			one.PublishTransitions(testTransitions("hall", 20))
			two.ear.wantDoubt(t)
			close(two.ear.gate)
			until(t, "the rest is heard", func() bool {
				dropped := int(two.Stats().Dropped["inbox"])
				return dropped > n/2 && len(two.ear.said)+dropped == n+1
			})
		})
	}
}

// The library drops what chanSize cannot hold, and says so once an episode.
func TestSlowConsumerOfTheLibraryIsADoubt(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	n := newNode(t, BusConfig{URLs: []string{s.URL()}})
	n.conn.Opts.AsyncErrorCB(n.conn, nil, nats.ErrSlowConsumer)
	n.ear.wantDoubt(t)
	if got := n.Stats().Errors; got != 1 {
		t.Errorf("%d errors", got)
	}
}

// proxy passes bytes to a server until it is frozen: then it reads nothing
// more, and says nothing about it.
type proxy struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	thaw  chan struct{} // nil or closed = passing
}

func newProxy(t *testing.T, addr string) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: ln}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", addr)
			if err != nil {
				_ = in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			all.Go(func() { p.pass(in, out) })
			all.Go(func() { p.pass(out, in) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		p.set(false)
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		all.Wait()
	})
	return p
}

func (p *proxy) pass(from, to net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		p.mu.Lock()
		thaw := p.thaw
		p.mu.Unlock()
		if thaw != nil {
			<-thaw
		}
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) set(frozen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.thaw != nil {
		close(p.thaw)
		p.thaw = nil
	}
	if frozen {
		p.thaw = make(chan struct{})
	}
}

func TestPublishNeverWaitsForAStalledServer(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	p := newProxy(t, s.Addr())
	one := newNode(t, BusConfig{URLs: []string{p.Addr().String()}, MaxOut: 2000})
	two := newNode(t, BusConfig{URLs: []string{s.URL()}})
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	p.set(true)
	d := rowsDelta(64, false)
	const n = 10_000
	var longest time.Duration
	for range n {
		before := time.Now()
		one.PublishDelta("finals", d) // 2 kB, so 20 MB in all: more than sockets and queue hold
		one.WatchBoard("finals")()
		_ = one.Stats()
		longest = max(longest, time.Since(before))
	}
	if longest > time.Second {
		t.Errorf("one Publish took %s", longest)
	}
	st := one.Stats()
	if st.Dropped["full"] == 0 || st.OutQueue == 0 {
		t.Errorf("nothing was dropped: %+v", st)
	}
	// The write that stalls ends the connection; the next one flows.
	until(t, "the stalled connection is given up", func() bool { return !one.Stats().Connected })
	p.set(false)
	one.ear.wantDoubt(t)
	for len(two.ear.said) > 0 {
		<-two.ear.said
	}
	until(t, "messages flow again", func() bool {
		one.PublishRenewed("finals")
		for len(two.ear.said) > 0 {
			if (<-two.ear.said).what == "renewed" {
				return true
			}
		}
		return false
	})
}

func TestCloseGivesUpOnAStalledServer(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	p := newProxy(t, s.Addr())
	bus, err := Connect(t.Context(), BusConfig{URLs: []string{p.Addr().String()}, Node: "n"})
	if err != nil {
		t.Fatal(err)
	}
	p.set(true)
	d := rowsDelta(64, false)
	for range 10_000 {
		bus.PublishDelta("finals", d)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := bus.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
}
