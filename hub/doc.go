// Package hub is one node of Rollcall: it accepts sessions, takes score events
// to the store, keeps replicas and rosters, and serves views of them over
// WebSocket, SSE and HTTP.
//
// It owns the small interfaces it needs (Boards, Roster, Bus, Authenticator)
// and knows neither Pebble nor Redis nor NATS: drivers implement them and
// cmd/rollcall wires them.
package hub
