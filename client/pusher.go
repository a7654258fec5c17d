package client

import (
	"context"
	"errors"
	"slices"
	"time"

	"rollcall/wire"
)

// inFlight bounds the messages of one pusher or stream that wait for an answer.
// Eight of 64 events keep a store busy that takes 1 ms a batch.
const inFlight = 8

// pusher settles score messages of one board whose events carry identities of
// their own. A message is sent again byte by byte until each of its events has a
// final result; since the server drops duplicates, repeating the settled ones is
// harmless. It belongs to one goroutine.
type pusher struct {
	c      *Client
	board  string
	enc    *encoder
	window []*message // not settled, oldest first
}

// message is a run of events and what is known of their fate.
type message struct {
	id      int64
	frame   []byte
	results []wire.Result // Status "" = not settled
	call    *call         // under way; nil = answered or not sent
	answer  *wire.Results
	refusal *wire.Error // of the first event that is not settled, by the last answer
}

// push sends events and settles them. Results go to out, in order; those
// without a Status are not known.
func (p *pusher) push(ctx context.Context, events []wire.Event, out []wire.Result) error {
	done := make(chan *call, inFlight)
	defer p.interrupt()
	wait := newRetry()
	next, flying, again := 0, 0, false
	var pause time.Duration
	for {
		if flying == 0 && again {
			if err := p.c.sleep(ctx, pause); err != nil {
				return err
			}
			n, err := p.resend(ctx, done)
			if err != nil {
				return err
			}
			flying, pause = n, 0
			again = n < len(p.window) // a lost connection in the middle
		}
		for !again && next < len(events) && len(p.window) < inFlight {
			m, n, err := p.compose(events[next:], out[next:])
			if err != nil {
				return err
			}
			next += n
			p.window = append(p.window, m)
			switch err := p.send(ctx, m, done); {
			case err == nil:
				flying++
			case errors.Is(err, errLost):
				again = true
			default:
				return err
			}
		}
		if flying == 0 {
			if again {
				continue
			}
			return nil
		}
		select {
		case cl := <-done:
			flying--
			m := p.find(cl)
			if err := m.settle(cl); err != nil {
				return err
			}
			again = again || !m.settled()
		case <-p.c.done:
			return p.c.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
		if p.slide() {
			wait.reset()
		}
		if flying == 0 && again {
			p.giveUpOnGaps()
			again = len(p.window) > 0
			if no := p.transient(); no != nil {
				pause = wait.after(no)
			}
		}
	}
}

// compose makes the next message of events.
func (p *pusher) compose(events []wire.Event, out []wire.Result) (*message, int, error) {
	id := p.c.nextID.Add(1) + helloID
	frame, n, err := p.enc.message(id, p.board, p.c.cfg.ack, events, p.c.limits())
	if err != nil {
		return nil, 0, err
	}
	return &message{id: id, frame: frame, results: out[:n:n]}, n, nil
}

// send gives a message to the connection in use, waiting for one.
func (p *pusher) send(ctx context.Context, m *message, done chan<- *call) error {
	l, err := p.c.await(ctx)
	if err != nil {
		return err
	}
	m.answer, m.refusal = new(wire.Results), nil
	cl := &call{id: m.id, frame: m.frame, ok: m.answer, done: done, link: l}
	if err := l.send(ctx, cl); err != nil {
		return err
	}
	m.call = cl
	return nil
}

// resend sends the whole window in order. A lost connection ends it early.
func (p *pusher) resend(ctx context.Context, done chan<- *call) (sent int, err error) {
	for _, m := range p.window {
		err := p.send(ctx, m, done)
		if errors.Is(err, errLost) {
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

func (p *pusher) find(cl *call) *message {
	i := slices.IndexFunc(p.window, func(m *message) bool { return m.call == cl })
	p.window[i].call = nil
	return p.window[i]
}

// slide drops the settled messages at the window's start; whether there were
// any.
func (p *pusher) slide() bool {
	n := 0
	for n < len(p.window) && p.window[n].call == nil && p.window[n].settled() {
		n++
	}
	p.window = slices.Delete(p.window, 0, n)
	return n > 0
}

// giveUpOnGaps judges a window whose every message was answered. A gap is healed
// by sending the window again, unless it stands at its first event: what comes
// before that is not ours to send.
func (p *pusher) giveUpOnGaps() {
	for len(p.window) > 0 {
		m := p.window[0]
		if m.refusal == nil || m.refusal.Code != wire.Gap {
			return
		}
		m.results[m.first()] = wire.Result{Status: wire.Refused, Error: m.refusal}
		m.refusal = nil
		if !m.settled() {
			return
		}
		p.slide()
	}
}

// transient is the refusal that the window waits out, nil if none.
func (p *pusher) transient() *wire.Error {
	for _, m := range p.window {
		if m.refusal != nil && m.refusal.Code != wire.Gap {
			return m.refusal
		}
	}
	return nil
}

// interrupt makes late answers to the messages under way go nowhere.
func (p *pusher) interrupt() {
	for _, m := range p.window {
		if m.call != nil {
			m.call.link.forget(m.call)
			m.call = nil
		}
	}
}
