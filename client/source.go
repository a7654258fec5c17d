package client

import (
	"context"
	"sync"

	"rollcall/wire"
)

// Source is a claimed source of one board: it numbers the events it pushes and
// marks them with the claim's generation and the board's epoch, so that each
// counts exactly once, whatever breaks. It keeps them in an outbox until the
// server says that they are durable; if the server has forgotten some of them,
// it sends those again, also if nothing more is pushed.
//
// It lives until its Client is closed, until the same source is claimed again
// with that Client, or until Done. Its methods may be called from any goroutine;
// pushes take turns.
type Source struct {
	// Static after construction.
	c           *Client
	board, name string
	ack         string
	claimed     uint64        // the seq at the claim
	turn        chan struct{} // holds one token: who takes it talks to the server
	wake        chan struct{} // tells the keeper of a doubt; has room for one
	replaced    chan struct{} // closed when another Source of the Client has its place
	dead        chan struct{} // closed after err is set

	// Owned by whose turn it is.
	enc      *encoder
	claiming bool // the claim is being made again: a higher generation may be our own

	mu         sync.Mutex // held for moments; taken after Client.mu
	epoch      string
	origin     string // the epoch in which the board's line began; "" = the server has not said
	generation uint64
	box        outbox
	rewound    uint64
	doubts     uint64 // times there was reason to doubt that the server has what it acknowledged
	checked    uint64 // doubts that are cleared up
	err        error
}

// Source claims a source on a board, which fences whoever pushed under it
// before. The first event it pushes is number Last()+1.
func (c *Client) Source(ctx context.Context, board, source string, opts ...SourceOption) (*Source, error) {
	claim, err := c.Claim(ctx, board, source)
	if err != nil {
		return nil, err
	}
	cfg := newSourceConfig(opts)
	s := &Source{
		c: c, board: board, name: source, ack: cfg.ack, claimed: claim.Seq,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		replaced: make(chan struct{}), dead: make(chan struct{}),
		enc: newEncoder(), epoch: claim.Epoch, origin: claim.Origin, generation: claim.Generation, box: newOutbox(cfg, claim.Seq),
	}
	s.turn <- struct{}{}
	if claim.Durable != nil {
		s.box.prove(*claim.Durable)
	}
	if err := c.keepSource(s); err != nil {
		return nil, err
	}
	return s, nil
}

// Last is the number of the last event the board had taken from this source
// when it was claimed: who resumes a stream skips so many events.
func (s *Source) Last() uint64 { return s.claimed }

// Seq is the number of the last event that Push has taken up; before the first
// it is Last.
func (s *Source) Seq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.box.last()
}

// Done is closed when the Source has ended and is of no use any more; see Err.
func (s *Source) Done() <-chan struct{} { return s.dead }

// Err is why the Source ended, nil before Done: a *LostError, or a *wire.Error
// with code fenced or stale_epoch.
func (s *Source) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// SourceStats is what a Source keeps and what befell it. Counts are since the
// claim.
type SourceStats struct {
	Seq     uint64  // the last number given
	Settled uint64  // the server has everything up to here, as far as is known
	Durable *uint64 // and it will keep everything up to here; nil = it cannot tell
	Held    int     // events in the outbox
	Bytes   int     // of their JSON
	Dropped uint64  // events that left the outbox for its bounds before they were known to be durable
	Rewound uint64  // events sent again because the server had forgotten them
}

// Stats tells how the Source stands now.
func (s *Source) Stats() SourceStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := SourceStats{
		Seq: s.box.last(), Settled: s.box.settled,
		Held: s.box.held(), Bytes: s.box.bytes, Dropped: s.box.dropped, Rewound: s.rewound,
	}
	if s.box.known {
		st.Durable = new(s.box.durable)
	}
	return st
}

// Push sends events in their order and returns their results in the same
// order. The source, seq, generation, epoch and id of an event are set by Push.
// It returns when every event is applied, known as a duplicate, or refused for
// its content (Result.Error), and waits out lost connections and transient
// refusals until ctx ends. A result stands, also if the server forgets the
// event later and it is sent again.
//
// An event that is no JSON or does not fit into a message fails the whole call
// before anything is sent. Other errors leave results without a Status, of
// events whose fate is not known; those up to Seq keep their number and are
// settled before any later event: do not push them again.
//
// After a *LostError, or a *wire.Error with code fenced (another sender has
// claimed the source), the Source has ended: claim it anew and resume from
// Last. With unknown_board, forbidden or bad_request (the level of Ack) nothing
// is lost: the next Push tries again.
//
// A board that was deleted and made anew under a living Source is another one:
// nothing is sent to it, and the Source ends with a *wire.Error with code
// stale_epoch. One that goes on in a new epoch, or was restored from an archive,
// is the same; a server that does not tell the board's origin cannot say which
// it is, and gets what the outbox holds.
func (s *Source) Push(ctx context.Context, events ...wire.Event) ([]wire.Result, error) {
	if err := check(events); err != nil {
		return nil, err
	}
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	defer s.give()
	results := make([]wire.Result, len(events))
	err := newStream(s, events, results).run(ctx)
	return results, err
}

// take waits for the turn.
func (s *Source) take(ctx context.Context) error {
	select {
	case <-s.dead:
		return s.Err()
	default:
	}
	select {
	case <-s.turn:
		return nil
	case <-s.dead:
		return s.Err()
	case <-s.c.done:
		return s.c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Source) give() { s.turn <- struct{}{} }

// die ends the Source; the first word stands.
func (s *Source) die(err error) error {
	s.mu.Lock()
	first := s.err == nil
	if first {
		s.err = err
		close(s.dead)
	}
	err = s.err
	s.mu.Unlock()
	if first {
		s.c.cfg.log.Error("source ended", "board", s.board, "source", s.name, "err", err)
	}
	return err
}
