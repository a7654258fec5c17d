// Package wire is what Rollcall says over the network: the messages, error
// codes, close codes, names and limits that WebSocket, HTTP, SSE and NATS
// share. Field names are the same on every transport.
//
// It is not for rules that need a board's state (package leaderboard) nor for
// moving bytes (packages hub and client). It imports only the standard
// library, so that a client can use it without the server.
package wire

// Subprotocol is the WebSocket subprotocol of this version of the wire.
const Subprotocol = "rollcall.v1"
