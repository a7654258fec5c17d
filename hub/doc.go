// Package hub is one node of Rollcall: it accepts sessions, takes score events
// to the store, keeps replicas and rosters, and serves views of them over
// WebSocket, SSE and HTTP.
//
// It owns the small interfaces it needs (Boards, Roster, Bus, Authenticator)
// and knows neither Pebble nor Redis nor NATS: drivers implement them and
// cmd/rollcall wires them.
//
// Lock order, outermost first. No store is called and no socket is written
// under any of them.
//
//	poller.mu → feeds.mu → feed.mu → the replica's, pacer.mu, losses.mu, missing.mu, standings.mu, journal.mu, Hub.mu, fanout's, the bus's
//	rooms.mu → room.mu → pacer.mu, Hub.mu, fanout's, the bus's
//	standings.mu → session.mu, Hub.mu
//	journal.mu → Hub.mu
//	queues.mu, loads.mu, nodes.mu, sessions.mu, session.mu, rates.mu: with no other
//	breaker.mu → reads.mu, Hub.mu; auditor.mu, brief.mu: with no other
//
// Who waits for whom: a session's read loop and a request wait for the store
// through a board's line (queues) or for its replica (feed.await). The worker
// of a line waits for the store, for feed.mu and, before the first batch of a
// board, for its replica. The one goroutine of the
// pacer waits for nobody: it renders boards in slices of a few milliseconds,
// and rooms are read in goroutines of their own. So a store, a board or a peer
// that stalls stops what depends on it and nothing else.
package hub
