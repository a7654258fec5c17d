package client

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/wire"
)

// feed is one view as the Client holds it: the newest state, for any number of
// watchers. The reader folds into it; it never waits for a watcher.
type feed struct {
	// Static after construction.
	req  wire.Request // subscribe, without at
	fold fold
	wake func() // the keeper

	refs int // watchers; guarded by Client.mu

	mu      sync.Mutex
	state   any // what fold made; nil before the first snapshot
	at      string
	link    *link // where it is subscribed; nil = nowhere
	sub     string
	err     error         // the server refuses it for good
	rev     uint64        // grows with each change of what is shown
	changed chan struct{} // closed and renewed with each change
	wait    retry         // from one subscription that came to nothing to the next
	due     time.Time     // not subscribed before; zero = at once
}

// fold makes the next state from a state, which a snapshot does not look at,
// and a frame. A delta that does not fit is errMisfit.
type fold func(state any, p *wire.Push) (any, error)

func newFeed(req wire.Request, fold fold, wake func()) *feed {
	return &feed{req: req, fold: fold, wake: wake, changed: make(chan struct{}), wait: newRetry()}
}

// take folds one frame. A delta onto another state than ours asks for a fresh
// subscription, which brings a snapshot; that is paced, since a server whose
// frames never fit would be asked for ever.
func (f *feed) take(l *link, p *wire.Push) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.link != l || f.err != nil {
		return
	}
	defer f.changedLocked()
	next, err := f.foldLocked(p)
	switch {
	case err == nil:
		f.state, f.at = next, p.At
	case errors.Is(err, errMisfit):
		f.at, f.link = "", nil
		f.restLocked(nil)
		f.wake()
	default:
		f.err = fmt.Errorf("frame of %s: %w", p.View, err)
	}
}

func (f *feed) foldLocked(p *wire.Push) (any, error) {
	if p.Snapshot == nil && (f.state == nil || p.From != f.at) {
		return nil, errMisfit
	}
	return f.fold(f.state, p)
}

// rest puts off the next subscription after a refusal.
func (f *feed) rest(no *wire.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.restLocked(no)
}

// restLocked waits longer each time, until it was not needed for 30 s.
func (f *feed) restLocked(no *wire.Error) {
	now := time.Now()
	if now.Sub(f.due) >= stable {
		f.wait.reset()
	}
	f.due = now.Add(f.wait.after(no))
}

// lacks reports whether the feed has to be subscribed on l, and not before
// when.
func (f *feed) lacks(l *link) (due time.Time, lacks bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.due, f.link != l && f.err == nil
}

// request is the subscription, from where the feed resumes.
func (f *feed) request() wire.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	req := f.req
	req.At = f.at
	return req
}

// subscribed notes that the frames of sub on l are the feed's.
func (f *feed) subscribed(l *link, sub string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.link, f.sub = l, sub
	f.changedLocked()
}

// on reports whether the feed lives off that subscription.
func (f *feed) on(l *link, sub string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.link == l && f.sub == sub
}

// disconnect marks the state as stale when its connection goes. The next one,
// perhaps to another node, need not wait for what this one refused.
func (f *feed) disconnect(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.due = time.Time{}
	if f.link == l {
		f.link = nil
		f.changedLocked()
	}
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.changedLocked()
}

func (f *feed) changedLocked() {
	f.rev++
	close(f.changed)
	f.changed = make(chan struct{})
}

// glance is what a watcher sees of a feed.
type glance struct {
	state     any
	connected bool
	err       error
	rev       uint64
	changed   <-chan struct{} // closed at the next change
}

func (f *feed) look() glance {
	f.mu.Lock()
	defer f.mu.Unlock()
	return glance{state: f.state, connected: f.link != nil, err: f.err, rev: f.rev, changed: f.changed}
}
