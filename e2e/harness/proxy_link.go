package harness

import (
	"net"
	"sync"
	"time"
)

// link is one connection through a proxy.
type link struct {
	proxy     *Proxy
	near, far *net.TCPConn
	torn      bool // has lost bytes; guarded by proxy.mu
	peer      Peer // guarded by proxy.mu
	seen      int  // bytes of requests in which the peer was looked for; owned by the pump of requests

	once sync.Once
	done chan struct{} // closed when the link ends
}

// chunk is what was read at once, and when it may go on.
type chunk struct {
	bytes []byte
	due   time.Time
}

// join adds the far end, which closes with the link.
func (l *link) join(far *net.TCPConn) {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	l.far = far
	select {
	case <-l.done: // ended while we dialed
		_ = far.Close()
	default:
	}
}

// end resets both sides. Its caller holds proxy.mu.
func (l *link) end() {
	l.once.Do(func() {
		close(l.done)
		for _, c := range []*net.TCPConn{l.near, l.far} {
			if c != nil {
				_ = c.SetLinger(0)
				_ = c.Close()
			}
		}
	})
}

// pump carries bytes one way, each later by the delay in force when it came.
// look sees them before they go on.
func (l *link) pump(from, to *net.TCPConn, look func([]byte)) {
	queue := make(chan chunk, 1024)
	var writer sync.WaitGroup
	writer.Go(func() { l.deliver(queue, to) })
	defer writer.Wait()
	defer close(queue)
	for {
		buf := make([]byte, 16<<10)
		n, err := from.Read(buf)
		if n > 0 {
			look(buf[:n])
		}
		wait, swallow := l.swallows()
		if n > 0 && !swallow {
			select {
			case queue <- chunk{bytes: buf[:n], due: time.Now().Add(wait)}:
			case <-l.done:
				return
			}
		}
		if err != nil {
			if swallow { // nor does a blackhole tell that one side has gone
				<-l.done
			}
			return
		}
	}
}

// deliver writes what is due, and then closes that way.
func (l *link) deliver(queue <-chan chunk, to *net.TCPConn) {
	broken := false
	for c := range queue {
		if wait := time.Until(c.due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-l.done:
			}
		}
		if _, swallow := l.swallows(); swallow || broken {
			continue
		}
		_, err := to.Write(c.bytes)
		broken = err != nil
	}
	_ = to.CloseWrite()
}

// swallows tells the delay, and whether bytes that come now are lost; then the
// link is torn.
func (l *link) swallows() (time.Duration, bool) {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	if l.proxy.stateLocked(l) == hole {
		l.torn = true
	}
	return l.proxy.delay, l.torn
}
