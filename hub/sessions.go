package hub

import (
	"context"
	"sync"
	"time"

	"rollcall/wire"
)

// sessions are the WebSocket connections of this node.
type sessions struct {
	hub *Hub

	mu        sync.Mutex
	live      map[*session]struct{} // guarded by mu
	byAddress map[string]int        // guarded by mu
	byUser    map[string]int        // guarded by mu
	closed    bool                  // guarded by mu: no new ones
	running   sync.WaitGroup        // Add only under mu
}

func newSessions(h *Hub) *sessions {
	return &sessions{hub: h, live: map[*session]struct{}{}, byAddress: map[string]int{}, byUser: map[string]int{}}
}

// admit takes a place for one connection of an address; free gives it back.
func (ss *sessions) admit(address string) (free func(), fault *wire.Error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	limits := ss.hub.cfg.Limits
	switch {
	case ss.closed:
		return nil, &wire.Error{Code: wire.Unavailable, Message: "the node is going down", RetryAfterMS: 1000}
	case len(ss.live) >= limits.Connections:
		ss.hub.metrics.refused("connections")
		return nil, &wire.Error{Code: wire.TooMany, Message: "the node has no room for another connection", RetryAfterMS: 1000}
	case ss.byAddress[address] >= limits.ConnectionsPerAddress:
		ss.hub.metrics.refused("address_connections")
		return nil, &wire.Error{Code: wire.TooMany, Message: "too many connections from this address", RetryAfterMS: 1000}
	}
	ss.byAddress[address]++
	ss.running.Add(1)
	return func() {
		ss.mu.Lock()
		defer ss.mu.Unlock()
		countDown(ss.byAddress, address)
		ss.running.Done()
	}, nil
}

func countDown(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

// add makes a session live; false if the node is going down.
func (ss *sessions) add(s *session) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.closed {
		return false
	}
	ss.live[s] = struct{}{}
	return true
}

func (ss *sessions) remove(s *session) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.live, s)
	if s.counted != "" {
		countDown(ss.byUser, s.counted)
	}
}

// claim counts the session under its user; false if the user has too many.
func (ss *sessions) claim(s *session, user string) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if user == s.counted {
		return true
	}
	if user != "" && ss.byUser[user] >= ss.hub.cfg.Limits.ConnectionsPerUser {
		ss.hub.metrics.refused("user_connections")
		return false
	}
	if s.counted != "" {
		countDown(ss.byUser, s.counted)
	}
	if s.counted = user; user != "" {
		ss.byUser[user]++
	}
	return true
}

func (ss *sessions) counts() (live, users int) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return len(ss.live), len(ss.byUser)
}

func (ss *sessions) all() []*session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	all := make([]*session, 0, len(ss.live))
	for s := range ss.live {
		all = append(all, s)
	}
	return all
}

// drain closes the sessions with 1012, spread evenly over the given time.
func (ss *sessions) drain(ctx context.Context, spread time.Duration) {
	ss.mu.Lock()
	ss.closed = true
	ss.mu.Unlock()
	all := ss.all()
	if len(all) == 0 {
		return
	}
	gap := spread / time.Duration(len(all))
	t := time.NewTimer(0)
	defer t.Stop()
	for _, s := range all {
		s.restart()
		t.Reset(gap)
		select {
		case <-t.C:
		case <-ctx.Done():
			gap = 0
		}
	}
}

// close ends every session and waits until they are gone.
func (ss *sessions) close() {
	ss.drain(context.Background(), 0)
	ss.running.Wait()
}
