package harness

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// Proxy is a TCP link that can fail. It ends with the test.
type Proxy struct {
	Addr string // where to connect

	ln net.Listener
	wg sync.WaitGroup // the accept loop and every link

	mu     sync.Mutex
	target string             // guarded by mu
	state  state              // guarded by mu
	peers  []Peer             // whom state is for; none = everybody; guarded by mu
	delay  time.Duration      // of each direction; guarded by mu
	drops  drops              // guarded by mu
	links  map[*link]struct{} // guarded by mu
	closed bool               // guarded by mu
}

// state is what a link does to those who use it.
type state int

const (
	flows state = iota
	cut
	hole
)

// NewProxy makes a link to target, a host:port.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{Addr: ln.Addr().String(), ln: ln, target: target, links: map[*link]struct{}{}}
	p.wg.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

// Retarget leads new connections elsewhere.
func (p *Proxy) Retarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Delay makes every byte take so much longer, each way.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Cut resets every connection, and new ones at once. With peers it does so to
// theirs alone.
func (p *Proxy) Cut(peers ...Peer) { p.turn(cut, peers) }

// Blackhole swallows what comes from either side, of connections old and new,
// and tells neither, not even that the other has gone. With peers it does so to
// theirs alone.
func (p *Proxy) Blackhole(peers ...Peer) { p.turn(hole, peers) }

// Heal ends a cut or blackhole, any delay and any dropping of answers.
// Connections that have lost bytes are reset: nothing could be made of the rest.
func (p *Proxy) Heal() {
	p.Delay(0)
	p.DropAnswers(0, 0)
	p.turn(flows, nil)
}

func (p *Proxy) turn(to state, peers []Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state, p.peers = to, peers
	for l := range p.links {
		if p.stateLocked(l) == cut || to == flows && l.torn {
			l.end()
		}
	}
}

// stateLocked is what the proxy does to a link.
func (p *Proxy) stateLocked(l *link) state {
	if len(p.peers) > 0 && !slices.Contains(p.peers, l.peer) {
		return flows
	}
	return p.state
}

// Links is how many connections there are.
func (p *Proxy) Links() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

func (p *Proxy) accept() {
	for {
		conn, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		p.wg.Go(func() { p.serve(conn.(*net.TCPConn)) })
	}
}

func (p *Proxy) close() {
	_ = p.ln.Close()
	p.mu.Lock()
	p.closed = true
	for l := range p.links {
		l.end()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// serve carries one connection until it ends.
func (p *Proxy) serve(near *net.TCPConn) {
	l := &link{proxy: p, near: near, done: make(chan struct{})}
	target, ok := p.add(l)
	defer p.remove(l)
	if !ok {
		return
	}
	if target == "" { // in a blackhole: nobody is behind it
		_, _ = io.Copy(io.Discard, near)
		<-l.done
		return
	}
	far, err := net.DialTimeout("tcp", target, patience)
	if err != nil {
		return
	}
	l.join(far.(*net.TCPConn))
	var pumps sync.WaitGroup
	pumps.Go(func() { l.pump(l.near, l.far, l.request) })
	pumps.Go(func() { l.pump(l.far, l.near, l.answer) })
	pumps.Wait()
}

// add notes a connection and says where it leads, "" for nowhere; not ok if it
// is refused.
func (p *Proxy) add(l *link) (target string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[l] = struct{}{}
	switch p.stateLocked(l) {
	case hole:
		l.torn = true
		return "", !p.closed
	case cut:
		return "", false
	}
	return p.target, !p.closed
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
	l.end()
}
