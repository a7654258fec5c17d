package natsbus

import "sync/atomic"

// Stats is what the server has done and holds.
type Stats struct {
	Connections int    // bots connected now
	Pending     int    // requests that wait or run now
	Pushes      uint64 // requests handed to Push
	Busy        uint64 // requests answered busy
	Refused     uint64 // connections refused
}

type counts struct {
	pushes, busy, refused atomic.Uint64
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	return Stats{
		Connections: s.nats.NumClients() - 1, // the hub's own is not a bot
		Pending:     s.lanes.pending(),
		Pushes:      s.counts.pushes.Load(),
		Busy:        s.counts.busy.Load(),
		Refused:     s.counts.refused.Load(),
	}
}
