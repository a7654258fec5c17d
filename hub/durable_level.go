package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// What an ack must mean is the join of three wishes: the node's
// (Config.Ack), the board's (leaderboard.Rules.Ack) and the request's. An event
// of which less is proven gets no ack, and nobody is told a level that was not.

// unprovenRetry is when an event without an ack should be sent again: the wait
// for its proof has slowed its sender down already.
const unprovenRetry = 250 * time.Millisecond

// ackLevel is what a request asks for with the node's default, or why it
// cannot have it.
func (h *Hub) ackLevel(text string) (leaderboard.Level, *wire.Error) {
	level, fault := h.checkLevel(text)
	return level.With(h.cfg.Ack), fault
}

// checkLevel reads a level that the store can prove.
func (h *Hub) checkLevel(text string) (leaderboard.Level, *wire.Error) {
	level, err := leaderboard.ParseLevel(text)
	if err != nil {
		return "", &wire.Error{Code: wire.BadRequest, Field: "ack", Message: err.Error()}
	}
	if most := h.boards.MaxLevel(); !most.Covers(level) {
		return "", &wire.Error{Code: wire.BadRequest, Field: "ack", Message: fmt.Sprintf("this store can prove at most %s", most)}
	}
	return level, nil
}

// levelOn joins a level with the board's, which stands in the rules of its
// replica: a node serves what it acks for, so the first batch of a board waits
// until that has been read, unless the board cannot ask for more. Other rules
// that another node has just put count here once the replica has heard of them,
// at the latest after Config.HeadPoll. It is not known of a board that was not
// there when it was read.
func (h *Hub) levelOn(ctx context.Context, board string, level leaderboard.Level) (_ leaderboard.Level, known bool, err error) {
	if level.Covers(h.boards.MaxLevel()) {
		return level, true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, defaultWait)
	defer cancel()
	rep, err := h.feeds.get(board).await(ctx, 0)
	switch {
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		return level, false, nil // the store will say so, if it still is not
	case err != nil:
		return "", false, err
	}
	rep.Read(func(rd *leaderboard.Reader) { level = level.With(rd.Rules().Ack) })
	return level, true, nil
}

// unproven is what the senders of a batch are told of its applied events if
// less than its level was proven, else nil.
func (h *Hub) unproven(c call) *wire.Error {
	proof, short := c.out.Proof, "the board's rules are not read yet"
	if c.known {
		if proof.Level.Covers(c.level) {
			return nil
		}
		if short = proof.Short; short == "" {
			short = fmt.Sprintf("the store proved %s, not %s", leaderboard.LevelOf(proof.Level.Disk(), proof.Level.Replica()), c.level)
		}
	}
	n := 0
	for i := range c.out.Results {
		if c.out.Results[i].Status != leaderboard.Refused {
			n++
		}
	}
	h.metrics.unproven.WithLabelValues(string(c.level)).Add(float64(n))
	return &wire.Error{
		Code: wire.Unavailable, Message: "not acknowledged: " + short + "; send it again with the same source and seq or id: it counts once", RetryAfterMS: unprovenRetry.Milliseconds(),
	}
}
