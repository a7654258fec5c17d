package fanout

import "sync/atomic"

// Stats counts what all connections that share it did. A Conn counts for
// itself; who takes from an Outbox without one counts what it writes.
type Stats struct {
	Frames      atomic.Uint64 // frames written whole
	Bytes       atomic.Uint64 // bytes that the socket took, headers included
	Writes      atomic.Uint64 // calls to write
	Conflations atomic.Uint64 // snapshots in place of two or more states
	SlowCloses  atomic.Uint64 // connections that ended with reason Slow
}
