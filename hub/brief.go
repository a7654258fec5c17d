package hub

import (
	"context"
	"sync"
	"time"
)

// How long a read of a shared store that anybody may ask for is answered from
// memory, and how long the store may take for it.
const (
	briefKeep    = time.Second
	briefTimeout = 5 * time.Second
)

// brief answers questions whose answer may be a second old: whatever is asked,
// and by however many, the store is asked once a second for each key.
type brief[V any] struct {
	hub *Hub
	max int // keys

	mu      sync.Mutex
	answers map[string]*told[V] // guarded by mu
}

// told is one read of the store. value and err are set when done is closed.
type told[V any] struct {
	asked time.Time
	done  chan struct{}
	value V
	err   error
}

func newBrief[V any](h *Hub, keys int) *brief[V] {
	return &brief[V]{hub: h, max: keys, answers: map[string]*told[V]{}}
}

// get returns the answer for a key, which ask gives if there is none. The
// value is shared: it is not the caller's to change.
func (b *brief[V]) get(ctx context.Context, key string, ask func(context.Context) (V, error)) (value V, err error) {
	a, first := b.take(key, time.Now())
	if first && !b.hub.spawn(func() {
		ctx, cancel := context.WithTimeout(b.hub.life, briefTimeout)
		defer cancel()
		defer close(a.done)
		a.value, a.err = ask(ctx)
	}) {
		a.err = errStopping
		close(a.done)
	}
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}

// take returns the key's answer; first if the caller must give it.
func (b *brief[V]) take(key string, now time.Time) (a *told[V], first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a = b.answers[key]; a != nil && now.Sub(a.asked) < briefKeep {
		return a, false
	}
	if a == nil && len(b.answers) >= b.max {
		b.shrinkLocked(now)
	}
	a = &told[V]{asked: now, done: make(chan struct{})}
	b.answers[key] = a
	return a, true
}

// shrinkLocked drops what is too old, or, if nothing is, any answer.
func (b *brief[V]) shrinkLocked(now time.Time) {
	for key, a := range b.answers {
		if now.Sub(a.asked) >= briefKeep {
			delete(b.answers, key)
		}
	}
	for key := range b.answers {
		if len(b.answers) < b.max {
			return
		}
		delete(b.answers, key)
	}
}

// forget makes the next question be asked.
func (b *brief[V]) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.answers, key)
}
