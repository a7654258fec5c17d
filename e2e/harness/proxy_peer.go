package harness

import (
	"bytes"
	"math/rand/v2"
)

// Peer is who is at the near end of a link to a Redis server, as its first
// requests tell: so that replication can fail alone.
type Peer int

// The peers. One that has not yet said anything telling is none of them.
const (
	Client   Peer = iota + 1 // also anyone who does not speak Redis
	Replica                  // of the server behind the proxy
	Watchman                 // a sentinel
)

// introduction is how many bytes of requests tell who the peer is.
const introduction = 1 << 10

// request looks at what the near end asks.
func (l *link) request(b []byte) {
	if l.seen >= introduction {
		return
	}
	l.seen += len(b)
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	switch {
	case l.peer == Replica || l.peer == Watchman:
	case bytes.Contains(b, []byte("REPLCONF")), bytes.Contains(b, []byte("PSYNC")):
		l.peer = Replica
	case bytes.Contains(b, []byte("sentinel-")): // the name it gives itself
		l.peer = Watchman
	case bytes.HasPrefix(b, []byte("*1\r\n$4\r\nPING")): // a replica's first word, too
	default:
		l.peer = Client
	}
	if l.proxy.stateLocked(l) == cut {
		l.end()
	}
}

// drops says which answers to clients are lost.
type drops struct {
	share float64
	dice  *rand.Rand
	next  int // so many whatever the dice say
	count int // lost so far
}

// DropAnswers loses this share of the answers from now on, as the seed has it:
// the request has reached the server, then the answer is swallowed and the
// connection reset. Replicas and sentinels are spared.
func (p *Proxy) DropAnswers(share float64, seed uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops.share, p.drops.dice, p.drops.next = share, rand.New(rand.NewPCG(seed, 1)), 0
}

// DropNext loses the next n answers; see DropAnswers.
func (p *Proxy) DropNext(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drops.next = n
}

// Dropped is how many answers have been lost.
func (p *Proxy) Dropped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drops.count
}

// answer looks at what the far end says, and resets the link if that is lost.
func (l *link) answer([]byte) {
	l.proxy.mu.Lock()
	defer l.proxy.mu.Unlock()
	d := &l.proxy.drops
	if l.peer == Replica || l.peer == Watchman || l.torn {
		return
	}
	switch {
	case d.next > 0:
		d.next--
	case d.share > 0 && d.dice.Float64() < d.share:
	default:
		return
	}
	d.count++
	l.torn = true
	l.end()
}
