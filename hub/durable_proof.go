package hub

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"rollcall/leaderboard"
)

// Bounds of one question to the store.
const (
	sourcesPerProof = 256
	proofTimeout    = 5 * time.Second

	proofRetry    = time.Second // after an answer without a proof; it doubles
	proofRetryMax = 8 * time.Second
)

// prove asks the store where sources stand, and for a proof of the durable
// level. Without such a level it proves nothing.
func (h *Hub) prove(ctx context.Context, board string, sources []string) (at leaderboard.Standing, proven bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, proofTimeout)
	defer cancel()
	at, err = h.boards.Prove(ctx, board, sources, h.cfg.Durable)
	proven = err == nil && h.cfg.Durable != "" && at.Proof.Level.Covers(h.cfg.Durable)
	result := "short"
	switch {
	case err != nil:
		result = "failed"
	case proven:
		result = "proven"
	}
	h.metrics.proofs.WithLabelValues(result).Inc()
	return at, proven, err
}

// durable is the last seq of a source that is known to be durable, up to where
// it stands; nil if that is unknown.
func (h *Hub) durable(ctx context.Context, board string, at leaderboard.SourceState, epoch string) *uint64 {
	if h.cfg.Durable == "" {
		return nil
	}
	seq := at.Seq
	here, known := h.standings.known(board, at.Source)
	if seq == 0 || here == epoch && known >= seq {
		return &seq
	}
	said, proven, err := h.prove(ctx, board, []string{at.Source})
	switch {
	case err == nil && proven && said.Head.Epoch == epoch && len(said.Sources) == 1:
		seq = min(seq, said.Sources[0].Seq)
	case here == epoch && known > 0:
		seq = known
	default:
		return nil
	}
	return &seq
}

// ask asks the store of the sources of a board that are owed it. The next look
// tells the sessions what it said.
func (st *standings) ask(b *standingBoard) {
	st.mu.Lock()
	epoch, before := b.epoch, map[string]uint64{}
	for name, at := range b.sources {
		if at.owed(st.hub.cfg.Durable) && len(before) < sourcesPerProof {
			before[name] = at.acked
		}
	}
	if len(before) == 0 { // they have left
		st.askedLocked(b)
		st.mu.Unlock()
		return
	}
	st.mu.Unlock()
	said, proven, err := st.hub.prove(st.hub.life, b.name, slices.Sorted(maps.Keys(before)))

	st.mu.Lock()
	defer st.mu.Unlock()
	st.askedLocked(b)
	b.paceLocked(err == nil && (proven || st.hub.cfg.Durable == ""))
	switch {
	case b.epoch != epoch: // another history began meanwhile: what was said may be of the last one
		b.soonest, b.wait = time.Time{}, 0
	case errors.Is(err, leaderboard.ErrUnknownBoard):
		b.endLocked()
	case err != nil:
		st.hub.log.Debug("durable seqs not read", "board", b.name, "err", err)
	default:
		if b.epoch != said.Head.Epoch {
			b.moveLocked(said.Head.Epoch)
			clear(before) // it was of the last epoch
		}
		for _, state := range said.Sources {
			if at := b.sources[state.Source]; at != nil {
				at.saidLocked(state, before[state.Source], proven)
			}
		}
	}
}

// askedLocked takes that the store has been asked: there is something to tell,
// or room for another question.
func (st *standings) askedLocked(b *standingBoard) {
	b.asking = false
	st.asking--
	st.signal()
}

// paceLocked sets when the store may be asked again.
func (b *standingBoard) paceLocked(proven bool) {
	b.wait = min(max(2*b.wait, proofRetry), proofRetryMax)
	if proven {
		b.wait = 0
	}
	b.soonest = time.Now().Add(max(b.wait, standingEvery))
}

// saidLocked takes what the store said of a source of which seqs up to before
// had been acknowledged when it was asked. If it is asked because of doubt, or
// has less, the sessions are told.
func (at *standing) saidLocked(state leaderboard.SourceState, before uint64, proven bool) {
	back := state.Seq < before
	if back && at.acked != before {
		return // it went on meanwhile: ask again
	}
	if back {
		at.backLocked(state.Seq)
	}
	at.board.origin = state.Origin
	at.seq, at.generation = state.Seq, state.Generation
	if proven && state.Seq > at.durable {
		at.durable, at.untold = state.Seq, true
	}
	at.untold = at.untold || at.doubt
	at.doubt = false
}
