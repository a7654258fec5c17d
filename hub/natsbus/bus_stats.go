package natsbus

import "sync/atomic"

// Traffic counts messages and their payload bytes.
type Traffic struct{ Messages, Bytes uint64 }

// BusStats is what the bus has done and how it is. Its maps always hold every
// key that there is; the keys are fit for labels of metrics.
type BusStats struct {
	Connected  bool
	Reconnects uint64
	// Subscriptions is how many subjects this node asked the servers for.
	Subscriptions int
	// OutQueue and InQueue are messages that wait now.
	OutQueue, InQueue int

	// In and Out are by kind: delta, renewed, doubt, transitions, node. Out is
	// what was handed to the connection, In what was sound.
	In, Out map[string]Traffic
	// Dropped is messages lost on this node: full (out), closed, unsent (no
	// connection), oversize, name (out); inbox (in).
	Dropped map[string]uint64
	// Bad is messages that were not sound, by reason.
	Bad map[string]uint64
	// Doubts is calls of Listener.Doubt.
	Doubts uint64
	// Errors is what the connection complained of: permissions, slow consumer.
	Errors uint64
}

// dropReason is why a message was lost on this node.
type dropReason string

const (
	dropFull     dropReason = "full"     // too much waits to be sent
	dropClosed   dropReason = "closed"   // after Close
	dropUnsent   dropReason = "unsent"   // no connection
	dropOversize dropReason = "oversize" // no room in a message; a delta becomes a doubt
	dropName     dropReason = "name"     // no subject can be made of it
	dropInbox    dropReason = "inbox"    // too much waits to be heard
)

var dropReasons = []dropReason{dropFull, dropClosed, dropUnsent, dropOversize, dropName, dropInbox}

type traffic struct{ messages, bytes atomic.Uint64 }

func (t *traffic) count(data []byte) {
	t.messages.Add(1)
	t.bytes.Add(uint64(len(data)))
}

type busCounts struct {
	connected                               atomic.Bool
	connects, doubts, errors, subscriptions atomic.Uint64

	in, out [kinds]traffic
	dropped map[dropReason]*atomic.Uint64 // the map never changes
	bad     map[badReason]*atomic.Uint64  // the map never changes
}

func (c *busCounts) init() {
	c.dropped, c.bad = map[dropReason]*atomic.Uint64{}, map[badReason]*atomic.Uint64{}
	for _, r := range dropReasons {
		c.dropped[r] = &atomic.Uint64{}
	}
	for _, r := range badReasons {
		c.bad[r] = &atomic.Uint64{}
	}
}

// Stats returns the counters. It never blocks on the connection.
func (b *Bus) Stats() BusStats {
	c := &b.counts
	s := BusStats{
		Connected:     c.connected.Load(),
		Subscriptions: int(c.subscriptions.Load()),
		OutQueue:      b.out.len(), InQueue: b.in.len(),
		In: map[string]Traffic{}, Out: map[string]Traffic{},
		Dropped: map[string]uint64{}, Bad: map[string]uint64{},
		Doubts: c.doubts.Load(), Errors: c.errors.Load(),
	}
	if n := c.connects.Load(); n > 0 {
		s.Reconnects = n - 1
	}
	for k := kind(1); k < kinds; k++ {
		s.In[kindNames[k]] = Traffic{c.in[k].messages.Load(), c.in[k].bytes.Load()}
		s.Out[kindNames[k]] = Traffic{c.out[k].messages.Load(), c.out[k].bytes.Load()}
	}
	for r, n := range c.dropped {
		s.Dropped[string(r)] = n.Load()
	}
	for r, n := range c.bad {
		s.Bad[string(r)] = n.Load()
	}
	return s
}
