// Package leaderboard is the domain of boards: score events, their order, the
// state that applies them exactly once, the ranking index and the replica that
// answers reads.
//
// A store (drivers pebbleboard, redisboard) holds the truth and answers each
// batch of events with results and one Delta. A Replica folds deltas, in
// version order, into a ranked copy. State is the truth of a store that keeps
// its rows in memory.
//
// The package knows no driver, no network and no clock. It imports only the
// standard library.
package leaderboard
