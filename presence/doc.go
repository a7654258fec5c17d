// Package presence is the domain of who is online: holders, transitions, and
// the rules of time by which a user is forgiven a glitch and leaves exactly
// once.
//
// A user is online in a room while any Holder (room, user, node) lives. A
// node's Tracker counts its sessions per (room, user) and tells the Roster
// only 0→1 and 1→0, after the grace that the cause of the loss earns. The
// Roster decides transitions atomically where the state lives.
//
// The package knows no driver and no network. It imports only the standard
// library.
package presence
