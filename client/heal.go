package client

import (
	"context"
	"errors"
	"time"

	"rollcall/wire"
)

// spread is the longest a Source waits before it looks into a doubt: all of a
// node's bots have theirs at the same time.
const spread = 250 * time.Millisecond

// keepSource makes the Client keep a Source until its end.
func (c *Client) keepSource(s *Source) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	key := s.board + "/" + s.name
	if old := c.sources[key]; old != nil {
		close(old.replaced)
	}
	c.sources[key] = s
	c.keepers.Go(s.keep)
	return nil
}

// dropSource forgets a Source that has ended.
func (c *Client) dropSource(s *Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key := s.board + "/" + s.name; c.sources[key] == s {
		delete(c.sources, key)
	}
}

// standing hands on what the server says of a source; the reader calls it.
func (c *Client) standing(st *wire.Standing) {
	c.mu.Lock()
	s := c.sources[st.Board+"/"+st.Source]
	c.mu.Unlock()
	if s != nil {
		s.note(&st.SourceState)
	}
}

// note takes what the server says unasked. What it says of another epoch or
// claim proves nothing, and a seq below what is settled may just be old: both
// are reason to ask.
func (s *Source) note(state *wire.SourceState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ours := state.Epoch == s.epoch && state.Generation == s.generation && state.Seq <= s.box.last()
	if ours && state.Durable != nil {
		s.box.prove(min(*state.Durable, state.Seq))
	}
	if !ours || state.Seq < s.box.settled {
		s.doubtLocked()
	}
}

// reconnected doubts what was acknowledged before the connection was lost.
func (s *Source) reconnected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.box.held() > 0 {
		s.doubtLocked()
	}
}

// doubtLocked wakes the keeper.
func (s *Source) doubtLocked() {
	s.doubts++
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// cleared notes that the server has taken an event, or knew it, after so many
// doubts: it had everything before it.
func (s *Source) cleared(doubts uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checked = max(s.checked, doubts)
}

// keep looks into doubts until the Source or the Client ends.
func (s *Source) keep() {
	defer s.c.dropSource(s)
	ctx := s.c.life
	for {
		select {
		case <-s.wake:
		case <-s.replaced:
			return
		case <-s.dead:
			return
		case <-ctx.Done():
			return
		}
		if s.c.sleep(ctx, jitter(spread)) != nil {
			return
		}
		if err := s.heal(ctx); err != nil && ctx.Err() == nil && s.Err() == nil && !errors.Is(err, ErrClosed) {
			s.c.cfg.log.Warn("cannot tell whether the server has what it acknowledged", "board", s.board, "source", s.name, "err", err)
		}
	}
}

// heal looks into the doubts there are, unless a push did meanwhile: it sends
// the last event again, to which only a server that has all before it says
// duplicate. That also tells a new connection to speak of the source. When none
// is held, or none any more, it asks.
func (s *Source) heal(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	doubts, held := s.doubtful()
	if held > 0 {
		st := newStream(s, nil, nil)
		st.probe = true
		if err := st.run(ctx); err != nil {
			return err
		}
		doubts, held = s.doubtful()
	}
	if doubts == 0 || held > 0 { // what came up meanwhile wakes the keeper again
		return nil
	}
	if err := s.restate(ctx); err != nil {
		return err
	}
	s.cleared(doubts)
	return nil
}

// doubtful returns how many doubts there have been, and how many events are held
// to clear them up with; 0 if no doubt is left.
func (s *Source) doubtful() (doubts uint64, held int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.checked == s.doubts {
		return 0, 0
	}
	return s.doubts, s.box.held()
}
