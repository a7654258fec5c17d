package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/wire"
)

// askWait bounds one question over HTTP about where a source stands.
const askWait = 5 * time.Second

// LostError says that the server has forgotten events that it acknowledged, and
// that the outbox no longer holds them. The Source has ended. Nothing from From
// on is on the board now: claim the source anew and push again from Last+1.
type LostError struct {
	Board, Source string
	From, To      uint64 // the seqs that the outbox does not hold
}

// Error makes *LostError an error.
func (e *LostError) Error() string {
	return fmt.Sprintf("the server has forgotten events of source %s on board %s that it had acknowledged, and the outbox no longer holds seq %d to %d", e.Source, e.Board, e.From, e.To)
}

// goBack finds out where to go on once everything under way is answered and
// something was not taken. Without progress since the last time it waits first.
func (st *stream) goBack(ctx context.Context) error {
	s, no := st.s, st.refusal
	st.halted, st.refusal = false, nil
	mark := st.mark
	if st.start(); st.mark > mark {
		st.wait.reset()
	}
	pause := time.Duration(0)
	var err error
	switch {
	case no == nil: // the next connection was waited for
	case no.Code == wire.Gap && no.Expected > 0:
		err = s.rewind(no.Expected - 1)
	case no.Code == wire.StaleEpoch, no.Code == wire.Fenced:
		err = s.restate(ctx)
	default:
		pause = st.wait.after(no)
	}
	if err != nil {
		return err
	}
	if st.start(); no != nil && pause == 0 && st.mark == mark {
		pause = st.wait.after(nil)
	}
	return s.c.sleep(ctx, pause)
}

// rewind goes back to the last seq that the server has. It ends the Source if
// what comes next is no longer held.
func (s *Source) rewind(seq uint64) error {
	s.mu.Lock()
	forgotten := s.box.back(seq)
	s.rewound += forgotten
	first := s.box.first
	s.mu.Unlock()
	if forgotten == 0 {
		return nil
	}
	if seq+1 < first {
		return s.die(&LostError{Board: s.board, Source: s.name, From: seq + 1, To: first - 1})
	}
	s.c.cfg.log.Warn("the server has forgotten acknowledged events; sending them again", "board", s.board, "source", s.name, "from", seq+1, "events", forgotten)
	return nil
}

// restate asks where the source stands and goes on from there: in a new epoch
// if that is all that changed, with a new claim if ours was forgotten. It ends
// the Source if another sender has claimed it, or if the board is another one.
func (s *Source) restate(ctx context.Context) error {
	wait := newRetry()
	for {
		state, err := s.ask(ctx)
		var no *wire.Error
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &no) && !again(no):
			return err
		default:
			if err := s.c.sleep(ctx, wait.after(no)); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		generation, origin := s.generation, s.origin
		s.mu.Unlock()
		switch {
		case origin != "" && state.Origin != "" && state.Origin != origin:
			return s.die(&wire.Error{Code: wire.StaleEpoch, Field: "board", Message: "the board was deleted and made anew: what was pushed to the old one is not sent to it"})
		case s.claiming && state.Generation <= generation, state.Generation < generation:
			s.claiming = true // until ours is higher than any that was ever given
		case !s.claiming && state.Generation > generation:
			return s.die(&wire.Error{Code: wire.Fenced, Message: "another sender has claimed the source"})
		default:
			s.claiming = false
			return s.adopt(&state)
		}
	}
}

// ask reads where the source stands, or claims it while that is due.
func (s *Source) ask(ctx context.Context) (wire.SourceState, error) {
	if err := s.c.Err(); err != nil {
		return wire.SourceState{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	stop := context.AfterFunc(s.c.life, cancel)
	defer stop()
	if s.claiming {
		return s.c.Claim(ctx, s.board, s.name)
	}
	return s.c.SourceState(ctx, s.board, s.name)
}

// adopt goes on from what the server says, under a generation that is ours.
func (s *Source) adopt(state *wire.SourceState) error {
	if state.Seq > s.Seq() {
		return s.die(&wire.Error{Code: wire.Fenced, Message: "another sender has used numbers of the source"})
	}
	s.mu.Lock()
	news := s.epoch != state.Epoch || s.generation != state.Generation
	s.epoch, s.generation, s.origin = state.Epoch, state.Generation, cmp.Or(s.origin, state.Origin)
	s.mu.Unlock()
	if news {
		s.c.cfg.log.Warn("the board's history is not what it was", "board", s.board, "source", s.name, "epoch", state.Epoch, "generation", state.Generation, "seq", state.Seq)
	}
	if err := s.rewind(state.Seq); err != nil || state.Durable == nil {
		return err
	}
	s.mu.Lock()
	s.box.prove(*state.Durable)
	s.mu.Unlock()
	return nil
}
