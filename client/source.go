package client

import (
	"context"
	"sync/atomic"

	"rollcall/wire"
)

// Source is a claimed source of one board: it numbers the events it pushes and
// marks them with the claim's generation and the board's epoch, so that each
// counts exactly once, whatever breaks. Its methods may be called from any
// goroutine; pushes take turns.
type Source struct {
	// Static after construction.
	claim wire.SourceState
	turn  chan struct{} // holds one token: who takes it pushes

	seq atomic.Uint64 // the last number given; changed by whose turn it is

	push *pusher // owned by whose turn it is
}

// Source claims a source on a board, which fences whoever pushed under it
// before. The first event it pushes is number Last()+1.
func (c *Client) Source(ctx context.Context, board, source string) (*Source, error) {
	claim, err := c.Claim(ctx, board, source)
	if err != nil {
		return nil, err
	}
	s := &Source{claim: claim, turn: make(chan struct{}, 1)}
	s.turn <- struct{}{}
	s.seq.Store(claim.Seq)
	s.push = &pusher{
		c: c, board: board, strict: true, enc: newEncoder(),
		identify: func(i int, ev *wire.Event) {
			ev.ID = ""
			ev.Source, ev.Seq = claim.Source, s.seq.Load()+uint64(i)+1
			ev.Generation, ev.Epoch = claim.Generation, claim.Epoch
		},
		taken: func(n int) { s.seq.Add(uint64(n)) },
	}
	return s, nil
}

// Last is the number of the last event the board had taken from this source
// when it was claimed: who resumes a stream skips so many events.
func (s *Source) Last() uint64 { return s.claim.Seq }

// Seq is the number of the last event that Push has taken up; before the first
// it is Last.
func (s *Source) Seq() uint64 { return s.seq.Load() }

// Push sends events in their order and returns their results in the same
// order. The source, seq, generation, epoch and id of an event are set by Push.
// It returns when every event is applied, known as a duplicate, or refused for
// its content (Result.Error), and waits out lost connections and transient
// refusals until ctx ends.
//
// An event that is no JSON or does not fit into a message fails the whole call
// before anything is sent. Other errors leave results without a Status, of
// events whose fate is not known; those up to Seq keep their number, and the
// next Push settles them before its own events: do not push them again.
//
// With errors.As to *wire.Error, fenced means that another sender has claimed
// the source, stale_epoch and unknown_board that the board's history has ended,
// gap that the server has lost events it acknowledged. After these the Source
// is of no use: claim it anew and resume from Last. Forbidden may be cured by
// others.
func (s *Source) Push(ctx context.Context, events ...wire.Event) ([]wire.Result, error) {
	c := s.push.c
	if err := check(events); err != nil {
		return nil, err
	}
	select {
	case <-s.turn:
	case <-c.done:
		return nil, c.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { s.turn <- struct{}{} }()
	results := make([]wire.Result, len(events))
	err := s.push.push(ctx, events, results)
	return results, err
}
