package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// emptyWait is how long a node that stops goes on emptying its lines: their
// senders send again what is left then.
const emptyWait = 5 * time.Second

// retryAfter is what a sender is told to wait after a transient refusal.
const retryAfter = 100 * time.Millisecond

// job is a run of events of one sender for one board. done is called once,
// from the board's worker, and must not block; short is why what was applied
// must not be acknowledged, nil if it may.
type job struct {
	events []leaderboard.Event
	level  leaderboard.Level // the least of the acks
	sender any               // jobs of one sender are not reordered; nil = they need no order
	done   func(out leaderboard.Outcome, short *wire.Error, err error)
}

// queues are the bounded lines of events before the store, one per board. A
// board's worker lives only while its line is not empty.
type queues struct {
	hub *Hub

	mu     sync.Mutex
	lines  map[string]*line // guarded by mu
	closed bool             // guarded by mu
	work   sync.WaitGroup   // the workers

	calls   context.Context // of the store; ends when close gives up
	abandon context.CancelFunc
}

func newQueues(h *Hub) *queues {
	q := &queues{hub: h, lines: map[string]*line{}}
	q.calls, q.abandon = context.WithCancel(context.Background())
	return q
}

// add puts a job in the board's line and reports whether there was room.
func (q *queues) add(board string, j job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[board]
	if l == nil {
		l = &line{}
	}
	if q.closed || l.events+len(j.events) > q.hub.cfg.QueueDepth {
		return false
	}
	if q.lines[board] == nil {
		q.lines[board] = l
		q.work.Go(func() { q.drain(board, l) })
	}
	l.jobs = append(l.jobs, j)
	l.events += len(j.events)
	q.hub.metrics.queued.Add(float64(len(j.events)))
	return true
}

// drain is the board's worker: whatever waits while the last call is in flight
// is the next batch. What a call did is told while the next one is under way,
// in order.
func (q *queues) drain(board string, l *line) {
	var told chan struct{} // closed when the last call has been told; nil = none is being told
	for {
		jobs, n := q.take(board, l, told == nil)
		switch {
		case len(jobs) > 0:
			c := q.hub.apply(board, jobs, n)
			if told != nil {
				<-told
			}
			done := make(chan struct{})
			told = done
			go func() {
				defer close(done)
				q.hub.tell(c)
			}()
		case told != nil:
			<-told
			told = nil
		default:
			return
		}
	}
}

// take takes the next batch off a line. The line of a board is forgotten when
// it is empty at the end of its worker.
func (q *queues) take(board string, l *line, end bool) (jobs []job, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs, n = l.take(q.hub.cfg.BatchMax)
	if len(jobs) == 0 && end {
		delete(q.lines, board)
	}
	l.events -= n
	q.hub.metrics.queued.Add(-float64(n))
	return jobs, n
}

// waiting is how many events of a board wait.
func (q *queues) waiting(board string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.lines[board]; l != nil {
		return l.events
	}
	return 0
}

// close refuses new jobs and waits until the lines are empty, at most emptyWait
// for a store that does not answer.
func (q *queues) close() {
	defer q.abandon()
	defer time.AfterFunc(emptyWait, q.abandon).Stop()
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.work.Wait()
}

// call is what one call of the store was for, and what came of it.
type call struct {
	board string
	jobs  []job
	level leaderboard.Level // what must be proven of it
	known bool              // that is what the board asks for too
	out   leaderboard.Outcome
	err   error
}

// apply takes one batch to the store; its jobs ask for one level.
func (h *Hub) apply(board string, jobs []job, n int) call {
	level, known, err := h.levelOn(h.queues.calls, board, jobs[0].level)
	if err != nil {
		return call{board: board, jobs: jobs, err: err}
	}
	batch := jobs[0].events
	if len(jobs) > 1 {
		batch = make([]leaderboard.Event, 0, n)
		for _, j := range jobs {
			batch = append(batch, j.events...)
		}
	}
	start := time.Now()
	out, err := h.boards.Apply(h.queues.calls, board, batch, level)
	took := time.Since(start)
	h.metrics.applySeconds.Observe(took.Seconds())
	unknown := errors.Is(err, leaderboard.ErrUnknownBoard)
	if !unknown { // such names have no end
		h.loads.note(board, n, took, time.Now())
	}
	if err != nil {
		if !unknown {
			h.log.Error("batch not applied", "board", board, "events", n, "err", err)
		}
	} else {
		h.metrics.batchEvents.Observe(float64(n))
	}
	return call{board: board, jobs: jobs, level: level, known: known, out: out, err: err}
}

// tell tells what a call did to the replicas, then to the senders.
func (h *Hub) tell(c call) {
	if c.err != nil {
		for _, j := range c.jobs {
			j.done(leaderboard.Outcome{}, nil, c.err)
		}
		return
	}
	h.metrics.countResults(c.out.Results)
	if c.out.Delta != nil {
		h.feeds.changed(c.board, *c.out.Delta)
		h.bus.PublishDelta(c.board, *c.out.Delta)
	} else {
		h.feeds.answered(c.board, c.out.Head)
	}
	short := h.unproven(c)
	rest := c.out.Results
	for _, j := range c.jobs {
		own := c.out
		own.Results, rest = rest[:len(j.events)], rest[len(j.events):]
		j.done(own, short, nil)
	}
}

// storeFault is what a sender or reader is told when the store failed.
func storeFault(board string, err error) *wire.Error {
	var we *wire.Error
	switch {
	case errors.As(err, &we):
		return we
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		return &wire.Error{Code: wire.UnknownBoard, Field: "board", Message: "there is no board " + board + "; create it with PUT /v1/boards/" + board}
	case errors.Is(err, leaderboard.ErrRulesFixed):
		return &wire.Error{Code: wire.RulesFixed, Field: "order", Message: "order and tie cannot change while the board has entries"}
	}
	return &wire.Error{Code: wire.Unavailable, Message: "the store cannot answer now", RetryAfterMS: retryAfter.Milliseconds()}
}
