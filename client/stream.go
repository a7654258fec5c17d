package client

import (
	"context"
	"errors"
	"slices"

	"rollcall/wire"
)

// stream is one turn of a Source: it brings what the outbox holds and the
// server has not, and then fresh events, to the server: several messages at a
// time, and from the first that is not settled again when one was not taken.
type stream struct {
	// Static after construction.
	s       *Source
	base    uint64        // the seq of the first fresh event
	results []wire.Result // of the fresh events; Status "" = not known
	probe   bool          // if all is settled, send the last event again
	done    chan *call

	fresh   []wire.Event // without a number yet
	next    uint64       // the seq to be sent next
	flying  []*batch     // sent and not answered, oldest first
	halted  bool         // something was not taken: send nothing more until all is answered
	refusal *wire.Error  // the answer to the lowest seq that was not taken; nil = none, the connection was lost
	at      uint64       // that seq
	mark    uint64       // what was settled when it last went back
	wait    retry
}

// batch is one message of a stream under way.
type batch struct {
	from   uint64
	n      int
	call   *call
	answer wire.Results
	doubts uint64 // of the source when it was sent
}

// newStream is for whose turn it is.
func newStream(s *Source, fresh []wire.Event, results []wire.Result) *stream {
	return &stream{s: s, fresh: fresh, results: results, base: s.Seq() + 1, done: make(chan *call, inFlight), wait: newRetry()}
}

// start makes the stream go on after what is settled.
func (st *stream) start() {
	s := st.s
	s.mu.Lock()
	defer s.mu.Unlock()
	st.mark, st.next = s.box.settled, s.box.settled+1
	if st.probe && s.box.settled == s.box.last() && s.box.held() > 0 {
		st.next = s.box.settled
	}
}

// run returns when everything is settled.
func (st *stream) run(ctx context.Context) error {
	defer st.interrupt()
	st.start()
	for {
		for more := true; more && !st.halted && len(st.flying) < inFlight; {
			var err error
			if more, err = st.send(ctx); err != nil {
				return err
			}
		}
		switch {
		case len(st.flying) > 0:
			if err := st.hear(ctx); err != nil {
				return err
			}
		case st.halted:
			if err := st.goBack(ctx); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// send sends the next message; false if there is none, which is known without
// a connection.
func (st *stream) send(ctx context.Context) (bool, error) {
	c := st.s.c
	if len(st.fresh) == 0 && st.next > st.s.Seq() {
		return false, nil
	}
	l, err := c.await(ctx)
	if err != nil {
		return false, err
	}
	id := c.nextID.Add(1) + helloID
	b, frame, err := st.compose(id, c.limits())
	if err != nil || b == nil {
		return false, err
	}
	b.call = &call{id: id, frame: frame, ok: &b.answer, done: st.done, link: l}
	switch err := l.send(ctx, b.call); {
	case errors.Is(err, errLost):
		st.halted = true
	case err != nil:
		return false, err
	default:
		st.flying = append(st.flying, b)
		st.next += uint64(b.n)
	}
	return true, nil
}

// compose makes the next message of at least one event, and gives numbers to
// fresh events for it. An event that has its number goes, whatever its size. nil
// means that there is none: what was to be sent again has become durable.
func (st *stream) compose(id int64, lim wire.Limits) (*batch, []byte, error) {
	s := st.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.next = max(st.next, s.box.first); len(st.fresh) == 0 && st.next > s.box.last() {
		return nil, nil, nil
	}
	b := &batch{from: st.next, doubts: s.doubts}
	if err := s.enc.open(id, s.board, s.ack); err != nil {
		return nil, nil, err
	}
	if err := s.enc.sign(s.name, s.generation, s.epoch); err != nil {
		return nil, nil, err
	}
	for ; b.n < lim.Events; b.n++ {
		seq := st.next + uint64(b.n)
		if seq > s.box.last() {
			if len(st.fresh) == 0 {
				break
			}
			body, err := s.enc.body(&st.fresh[0])
			if err != nil {
				return nil, nil, err
			}
			if !s.enc.fits(body, lim) {
				if b.n == 0 {
					return nil, nil, errTooLarge
				}
				break
			}
			st.fresh = st.fresh[1:]
			s.box.add(body)
		}
		body := s.box.at(seq)
		if b.n > 0 && !s.enc.fits(body, lim) {
			break
		}
		s.enc.signed(b.n, seq, body)
	}
	return b, s.enc.close(), nil
}

// hear waits for one answer.
func (st *stream) hear(ctx context.Context) error {
	select {
	case cl := <-st.done:
		i := slices.IndexFunc(st.flying, func(b *batch) bool { return b.call == cl })
		b := st.flying[i]
		st.flying = slices.Delete(st.flying, i, i+1)
		return st.settle(b)
	case <-st.s.c.done:
		return st.s.c.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interrupt makes late answers to the messages under way go nowhere.
func (st *stream) interrupt() {
	for _, b := range st.flying {
		b.call.link.forget(b.call)
	}
}
