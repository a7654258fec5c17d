package hub

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rates limits HTTP requests per player: n a minute, in any pattern.
type rates struct {
	perMinute int

	mu      sync.Mutex
	players map[string]*playerRate // guarded by mu; idle ones are swept
}

type playerRate struct {
	limiter *rate.Limiter
	used    time.Time
}

func newRates(perMinute int) *rates {
	return &rates{perMinute: perMinute, players: map[string]*playerRate{}}
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
