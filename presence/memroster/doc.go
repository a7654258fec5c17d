// Package memroster is the roster of one process: who is online, in memory,
// with a journal in the embedded store so that a restart flaps nobody. It is
// for a node without Redis and for tests; it shares nothing between processes.
//
// # What a restart keeps
//
// Transitions are journaled in the background within Config.SaveWait (1 s),
// beats every Config.BeatWait (10 s), and both on Close. A join does not wait
// for the disk: in a storm that would put an fsync between a user and his
// room, to protect from nothing but a crash in that very second.
//
// At start the journaled users are held by a zombie of the old process, for
// one threshold. Who returns takes the zombie's place: no event, the same
// Since, and from then on an ordinary leave. The others leave once, with their
// last journaled beat as Seen. After kill -9, only who came or went in the last
// SaveWait may be announced again: he joins, or leaves, once more.
//
// Versions go on as max(prev+1, µs since 1970), so they do not fall back even
// if the last second of them was not journaled.
package memroster
