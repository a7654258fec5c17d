// Package redisroster is the roster that many nodes share, in Redis ≥ 7: one
// server, a Sentinel set or a Cluster. It remembers nothing itself.
//
//	r := redisroster.New(redisconn.Open(address), redisroster.Config{})
//	made, err := r.Join(ctx, node, joins)
//
// # Keys
//
// A room is in one of 64 partitions (presence.Partition), so that no cost grows
// with the number of rooms. Each has nine keys with one hash tag, as
// rollcall:{p07}:on. US is the byte 0x1f, which no name may hold; times are µs
// since 1970.
//
//	on     zset  room US user US node → last beat: who may be dead
//	ix     zset  the same, score 0: who is in a room, in order
//	meta   hash  room US user → since, the latest beat of a holder that went
//	             before the last one, away (0 or 1) and name; while present
//	ux     zset  user US room, score 0: where a user is; while present
//	cnt    hash  room → users, none for 0
//	ver    hash  room → version
//	idle   zset  room → since when nobody is there: whose version may go
//	seen   zset  user → the last beat of a place he left
//	guard  hash  last sweep, settle until, more to sweep, last trim
//
// Every change is one script on one partition (scripts/*.lua, each with its
// cost), so a transition is decided once, whoever asks at the same moment. All
// scripts of a call go in one round trip, up to 1,000 places at a time.
//
// # What Redis does to it
//
// A Redis that forgot all (a flush, an empty failover) is healed by the beats:
// Refresh adds nobody, it names the missing, and their nodes join them again.
// Versions go on, as max(prev+1, µs since 1970).
//
// A Redis that stood still has only old beats. The sweep keeps in guard when it
// last ran; after a gap, a step of the clock back or the loss of guard nobody
// is removed for one threshold, and pages say Settling.
//
// A full Redis (maxmemory, noeviction) refuses joins and changes of meta before
// it writes anything; beats, leaves and sweeps go on.
//
// # Errors
//
// A failed read is an error, never an empty roster. After a failed write the
// same call may be made again: holders are a set. What other partitions of that
// call decided is returned beside the error; what a partition decided whose
// answer was lost is known to Redis alone. Nobody will be told of it again: who
// watches finds it by Counts, whose versions are then ahead of his.
//
// # Every node sweeps
//
// There is no owner to elect. With Config.SweepGate the sweeps of a partition
// within the gate are answered from one read: 64 of them each two seconds cost
// Redis less than a thousandth of a core for a node.
package redisroster
