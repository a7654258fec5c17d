package hub

import (
	"errors"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

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
	h.noteApply(board, n, time.Since(start), err)
	return call{board: board, jobs: jobs, level: level, known: known, out: out, err: err}
}

// noteApply counts a call of the store; a batch that it was not asked for is
// none.
func (h *Hub) noteApply(board string, events int, took time.Duration, err error) {
	if errors.Is(err, errWithheld) {
		return
	}
	h.metrics.applySeconds.Observe(took.Seconds())
	switch {
	case errors.Is(err, leaderboard.ErrUnknownBoard): // such names have no end
		return
	case err != nil:
		h.unapplied.log(board, events, err)
	default:
		h.metrics.batchEvents.Observe(float64(events))
	}
	h.loads.note(board, events, took, time.Now())
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
