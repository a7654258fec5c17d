package hub

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Limiter counts the requests of players over all nodes.
type Limiter interface {
	// Take takes one request of a user; if none is left, wait is until the next.
	Take(ctx context.Context, user string) (wait time.Duration, ok bool, err error)
}

// A shared limiter that does not answer holds up a request for so long, and is
// left alone for a while: then each node counts for itself.
const (
	sharedTimeout = 40 * time.Millisecond
	sharedPause   = time.Second
)

// rates limits HTTP requests per player: n a minute, in any pattern, on this
// node and, where there is a shared limiter, on all.
type rates struct {
	perMinute int
	shared    Limiter      // nil = this node is the only one
	resume    atomic.Int64 // unix ns: not before then is shared asked again

	mu      sync.Mutex
	players map[string]*playerRate // guarded by mu; idle ones are swept
}

type playerRate struct {
	limiter *rate.Limiter
	used    time.Time
}

func newRates(perMinute int, shared Limiter) *rates {
	return &rates{perMinute: perMinute, shared: shared, players: map[string]*playerRate{}}
}

// allow takes one request of the user and reports whether it is within the
// rate; if not, how long until the next one is.
func (r *rates) allow(user string, now time.Time) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.players[user]
	if p == nil {
		p = &playerRate{limiter: rate.NewLimiter(rate.Limit(float64(r.perMinute)/60), r.perMinute)}
		r.players[user] = p
	}
	p.used = now
	res := p.limiter.ReserveN(now, 1)
	if wait = res.DelayFrom(now); wait > 0 {
		res.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// allowAll takes one request of the user on all nodes. What the shared limiter
// cannot say, this node's count decides.
func (r *rates) allowAll(ctx context.Context, user string, now time.Time) (wait time.Duration, ok bool) {
	if wait, ok = r.allow(user, now); !ok || r.shared == nil || now.UnixNano() < r.resume.Load() {
		return wait, ok
	}
	// Not with the request: who hangs up must not look like a store that is away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
	defer cancel()
	wait, ok, err := r.shared.Take(ctx, user)
	if err != nil {
		r.resume.Store(now.Add(sharedPause).UnixNano())
		return 0, true
	}
	return wait, ok
}

// sweep forgets players whose allowance is full again.
func (r *rates) sweep(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user, p := range r.players {
		if now.Sub(p.used) > time.Minute {
			delete(r.players, user)
		}
	}
}
