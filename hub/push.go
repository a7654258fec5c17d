package hub

import (
	"fmt"

	"github.com/google/uuid"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// pushing is one request of events for one board: results fill up in request
// order.
type pushing struct {
	board   string
	level   leaderboard.Level // the least of its acks; the board may want more
	sender  any               // whose events keep their order; nil = nobody's who sends on before the answer
	in      []wire.Incoming
	results []wire.Result

	journal bool // what is acknowledged is kept in the journal
	room    keeping

	// What the store said: of which epoch, and what it proved.
	head  leaderboard.Head
	proof leaderboard.Level

	events []leaderboard.Event // those for the store
	index  []int               // events[i] answers results[index[i]]
}

// blocked remembers sources whose later events of the same request must get
// the same transient answer, not gap.
type blocked map[string]*wire.Error

// newPushing sorts out what must not reach the store: events of another source
// than the principal's, bad events whose refusal has no identity to consume,
// and events of blocked sources.
func newPushing(p *Principal, board string, level leaderboard.Level, in []wire.Incoming, stuck blocked) *pushing {
	ps := &pushing{board: board, level: level, in: in, results: make([]wire.Result, len(in))}
	for i := range in {
		e := &in[i].Event
		if fault := barred(p, e, stuck); fault != nil {
			ps.results[i] = refused(e, fault)
			continue
		}
		anonymous := e.Source == "" && e.ID == ""
		if in[i].Fault != nil && (!in[i].Identified || anonymous) {
			ps.results[i] = refused(e, in[i].Fault)
			continue
		}
		if anonymous {
			e.ID = uuid.NewString()
		}
		ps.events = append(ps.events, toEvent(&in[i]))
		ps.index = append(ps.index, i)
	}
	return ps
}

func barred(p *Principal, e *wire.Event, stuck blocked) *wire.Error {
	if p.Source != "" && e.Source != p.Source {
		return &wire.Error{Code: wire.Forbidden, Field: "source", Message: "this token pushes as source " + p.Source + " only"}
	}
	return stuck[e.Source]
}

// answer fills in what the store said and notes sources that are blocked now.
// What was applied and is not proven gets no ack.
func (ps *pushing) answer(out leaderboard.Outcome, short *wire.Error, err error, stuck blocked) {
	if err != nil {
		ps.refuse(storeFault(ps.board, err), stuck)
		return
	}
	ps.head, ps.proof = out.Head, out.Proof.Level
	for i, at := range ps.index {
		e := &ps.in[at].Event
		res := toResult(e, out.Head, &out.Results[i])
		switch {
		case res.Status == wire.Refused:
		case short != nil:
			res = refused(e, short)
		default:
			res.Ack = string(out.Proof.Level)
		}
		if stuck != nil && res.Error != nil && res.Error.Code.Transient() && e.Source != "" {
			stuck[e.Source] = res.Error
		}
		ps.results[at] = res
	}
}

// refuse answers every event meant for the store with one fault.
func (ps *pushing) refuse(fault *wire.Error, stuck blocked) {
	for _, at := range ps.index {
		e := &ps.in[at].Event
		if stuck != nil && e.Source != "" && fault.Code.Transient() {
			stuck[e.Source] = fault
		}
		ps.results[at] = refused(e, fault)
	}
}

func busy(what string) *wire.Error {
	return &wire.Error{Code: wire.Busy, Message: what, RetryAfterMS: retryAfter.Milliseconds()}
}

// start hands the request to the board's line; done is called once, perhaps
// before start returns, from a worker that must not be held up.
func (h *Hub) start(ps *pushing, stuck blocked, done func()) {
	if len(ps.events) == 0 {
		done()
		return
	}
	if ps.journal {
		if fault := h.journal.reserve(ps); fault != nil {
			ps.refuse(fault, stuck)
			done()
			return
		}
	}
	j := job{events: ps.events, level: ps.level, sender: ps.sender, done: func(out leaderboard.Outcome, short *wire.Error, err error) {
		if ps.answer(out, short, err, stuck); ps.journal {
			h.journal.keep(ps, stuck, done)
			return
		}
		done()
	}}
	for i := range ps.events {
		j.bytes += eventBytes(&ps.events[i])
	}
	if fault := h.queues.add(ps.board, j); fault != nil {
		if ps.journal {
			h.journal.release(ps)
		}
		ps.refuse(fault, stuck)
		done()
	}
}

// eventBytes is about what an event takes in memory, with its place in the
// request and its result.
func eventBytes(e *leaderboard.Event) int {
	const fixed, cell = 512, 64
	n := fixed + len(e.Member) + len(e.Source) + len(e.ID) + len(e.Epoch)
	if e.Name != nil {
		n += len(*e.Name)
	}
	if e.Group != nil {
		n += len(*e.Group)
	}
	for column, value := range e.Cells {
		n += cell + len(column) + len(value)
	}
	return n
}

// push takes events of one request through the store in runs of the batch
// size, one after the other, so that a source's order holds and a transient
// refusal stops the rest of its events.
func (h *Hub) push(p *Principal, board string, w wishes, in []wire.Incoming, stuck blocked) []wire.Result {
	results := make([]wire.Result, 0, len(in))
	for len(in) > 0 {
		n := min(len(in), h.cfg.BatchMax)
		ps := newPushing(p, board, w.level, in[:n], stuck)
		ps.journal = w.journal
		answered := make(chan struct{})
		h.start(ps, stuck, func() { close(answered) })
		<-answered
		results = append(results, ps.results...)
		in = in[n:]
	}
	return results
}

// Asked is what a request of events asks for beside them.
type Asked struct {
	Ack     string // the least level of its acks; "" = the board's
	Journal string // "true": what is acknowledged is kept in this node's journal; "" = "false"
}

// wishes are what a request asks for, once it is known that it may have them.
type wishes struct {
	level   leaderboard.Level
	journal bool
}

func (h *Hub) wishes(a Asked) (w wishes, fault *wire.Error) {
	if w.level, fault = h.ackLevel(a.Ack); fault == nil {
		w.journal, fault = h.wantsJournal(a.Journal)
	}
	return w, fault
}

// PushMessage answers one message of events (an object or an array, at most
// wire.MaxBatch) for transports without HTTP: the JSON of wire.Results, or of
// wire.Failure if nothing was applied.
func (h *Hub) PushMessage(p Principal, board string, asked Asked, body []byte) []byte {
	fault := h.mayPush(&p, board)
	var w wishes
	if fault == nil {
		w, fault = h.wishes(asked)
	}
	var in []wire.Incoming
	if fault == nil {
		in, fault = wire.DecodeEvents(body)
	}
	if fault == nil && len(in) > wire.MaxBatch {
		fault = &wire.Error{Code: wire.TooLarge, Message: fmt.Sprintf("a message must hold at most %d events", wire.MaxBatch)}
	}
	if fault == nil && w.journal {
		fault = allNumbered(in)
	}
	if fault != nil {
		h.metrics.errors.WithLabelValues(string(fault.Code)).Inc()
		return encode(wire.Failure{Error: fault})
	}
	return encode(wire.Results{Results: h.push(&p, board, w, in, blocked{})})
}
