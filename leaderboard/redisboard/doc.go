// Package redisboard keeps boards in Redis 7 or later, for any number of nodes:
// single, Sentinel or Cluster. Every write is one script, so it is atomic, and
// may be sent again until its outcome is known: an event that was applied is
// then a duplicate.
//
// # Keys
//
// All keys of a board share the hash tag {b:<board>}, so that they lie on one
// node of a Cluster:
//
//	h  head: epoch, version, chain; rules as JSON; marks for the changelog; the
//	   origin, if it is not the epoch
//	z  sorted set: member -> score
//	r  member -> row: score, tie and details
//	l  stream: one entry for each batch that changed something, ID <version>-0
//	s  source -> last seq        g  source -> generation and claim token
//	x  source -> its last refused seqs with their reasons
//	i  id -> hash of its event, time, refusal        w  sorted set: id -> time
//	e  sorted set: how an epoch ended, and which -> time; outlives the board
//
// z, r, s, g and x with :<token> behind are a board that is being restored; no
// other call looks at them, and they vanish.
//
// <prefix>:boards is the set of names; it may name a board that is gone, never
// miss one that is there.
//
// ZINCRBY adds, so that no script does; that the row holds the score once more
// saves each event a read of the sorted set, and a snapshot all of them.
//
// # The chain
//
// The chain after a batch is SHA-1 over the chain before it, its versions, its
// rules and its rows as they stand in the changelog: the script has no other
// hash. It tells histories apart; it is no seal against who can write to Redis.
//
// An epoch begins with a chain made of its name alone, at version 0 if Put made
// the board, else at that of the archive or of the epoch before. So a follower
// that stands on that chain needs no entry of the changelog that led there.
//
// # What it does not do
//
// It makes no write durable: Redis answers before its replicas have a write, and
// before its disk has it unless appendfsync is always. What a failover forgets,
// events and seqs alike, senders send again by Source.
package redisboard
