package hub

import (
	"context"
	"sync"

	"rollcall/wire"
)

// sessions are the connections of this node that stay: WebSockets and streams
// of server-sent events.
type sessions struct {
	hub    *Hub
	ending context.Context // ends when the streams shall
	end    context.CancelFunc

	mu        sync.Mutex
	live      map[*session]struct{} // guarded by mu
	places    int                   // guarded by mu
	byAddress map[string]int        // guarded by mu
	byUser    map[string]int        // guarded by mu
	closed    bool                  // guarded by mu: no new ones
	running   sync.WaitGroup        // one per place; Add only under mu
}

func newSessions(h *Hub) *sessions {
	ss := &sessions{hub: h, live: map[*session]struct{}{}, byAddress: map[string]int{}, byUser: map[string]int{}}
	ss.ending, ss.end = context.WithCancel(context.Background())
	return ss
}

// place is what one connection takes of the node's limits.
type place struct {
	sessions *sessions
	address  string
	user     string // guarded by sessions.mu; "" = counts under no user
}

// admit takes a place for one connection of an address.
func (ss *sessions) admit(address string) (*place, *wire.Error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	limits := ss.hub.cfg.Limits
	switch {
	case ss.closed:
		return nil, &wire.Error{Code: wire.Unavailable, Message: "the node is going down", RetryAfterMS: 1000}
	case ss.places >= limits.Connections:
		ss.hub.metrics.refused("connections")
		return nil, &wire.Error{Code: wire.TooMany, Message: "the node has no room for another connection", RetryAfterMS: 1000}
	case ss.byAddress[address] >= limits.ConnectionsPerAddress:
		ss.hub.metrics.refused("address_connections")
		return nil, &wire.Error{Code: wire.TooMany, Message: "too many connections from this address", RetryAfterMS: 1000}
	}
	ss.places++
	ss.byAddress[address]++
	ss.running.Add(1)
	return &place{sessions: ss, address: address}, nil
}

// claim counts the place under a user; false if the user has too many.
func (pl *place) claim(user string) bool {
	ss := pl.sessions
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if user == pl.user {
		return true
	}
	if user != "" && ss.byUser[user] >= ss.hub.cfg.Limits.ConnectionsPerUser {
		ss.hub.metrics.refused("user_connections")
		return false
	}
	pl.unclaimLocked()
	if pl.user = user; user != "" {
		ss.byUser[user]++
	}
	return true
}

func (pl *place) unclaimLocked() {
	if pl.user != "" {
		countDown(pl.sessions.byUser, pl.user)
	}
}

// free gives the place back; call it last.
func (pl *place) free() {
	ss := pl.sessions
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.places--
	countDown(ss.byAddress, pl.address)
	pl.unclaimLocked()
	ss.running.Done()
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
}

func (ss *sessions) counts() (live, users int) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return len(ss.live), len(ss.byUser)
}

// close ends every session at once and waits until they are gone.
func (ss *sessions) close() {
	bots, others := ss.last()
	for _, s := range append(bots, others...) {
		s.restart(0)
	}
	ss.end()
	ss.running.Wait()
}
