package pebbleboard

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// write makes one change of a board durable. change alters the state and
// returns what it did, nil if nothing.
func (s *Store) write(ctx context.Context, b *board, change func(*leaderboard.State) (*leaderboard.Change, error)) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	c, ours, err := s.changeBoard(b, change)
	if !ours {
		s.leave()
	}
	if err != nil || c == nil {
		return err
	}
	return s.wait(ctx, c)
}

// changeBoard alters the state and sends what it did. If there is nothing to
// send, it returns the commit that the caller must wait for before it may
// answer (another's, or nil): the answer may rest on what is not yet durable.
func (s *Store) changeBoard(b *board, change func(*leaderboard.State) (*leaderboard.Change, error)) (c *commit, ours bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone {
		return nil, false, leaderboard.ErrUnknownBoard
	}
	if err := s.failure(); err != nil { // fail has reverted this board, or waits for its lock
		return nil, false, err
	}
	did, err := change(b.state)
	if err != nil {
		return nil, false, err
	}
	if did == nil || did.Empty() {
		return b.lastLocked(), false, nil
	}
	c = &commit{batch: s.db.NewBatch(), board: b, did: did}
	if err := s.fill(c.batch, b, did); err != nil {
		b.state.Revert(did)
		return nil, false, err
	}
	b.underWay = append(b.underWay, c)
	return s.send(c), true, nil
}

// lastLocked is the newest commit under way, nil if there is none.
func (b *board) lastLocked() *commit {
	if n := len(b.underWay); n > 0 {
		return b.underWay[n-1]
	}
	return nil
}

// fill puts a change into a Pebble batch.
func (s *Store) fill(w *pebble.Batch, b *board, did *leaderboard.Change) error {
	if did.Log != nil {
		if err := s.fillRows(w, b, did); err != nil {
			return err
		}
	}
	for _, src := range did.Sources {
		b.keys = under(b.keys[:0], kindSource, b.epoch, src.Name)
		if err := w.Set(b.keys, encode(src), nil); err != nil {
			return err
		}
	}
	for _, id := range did.OldIDs {
		b.keys = under(b.keys[:0], kindID, b.epoch, id.ID)
		if err := w.Delete(b.keys, nil); err != nil {
			return err
		}
	}
	for _, id := range did.NewIDs {
		b.keys = under(b.keys[:0], kindID, b.epoch, id.ID)
		if err := w.Set(b.keys, encodeID(id), nil); err != nil {
			return err
		}
	}
	return nil
}

// fillRows writes the rows, the changelog entry and the board's record.
func (s *Store) fillRows(w *pebble.Batch, b *board, did *leaderboard.Change) error {
	d := did.Outcome.Delta
	for i := range d.Rows {
		b.keys = under(b.keys[:0], kindEntry, b.epoch, d.Rows[i].Member)
		var err error
		if d.Rows[i].Removed {
			err = w.Delete(b.keys, nil)
		} else {
			err = w.Set(b.keys, did.Log[did.RowAt[i]:did.RowAt[i+1]], nil)
		}
		if err != nil {
			return err
		}
	}
	b.keys = logKey(b.keys[:0], b.epoch, d.To)
	op := w.SetDeferred(len(b.keys), 1+len(d.PrevChain)+len(did.Log))
	copy(op.Key, b.keys)
	appendLog(op.Value[:0], d.PrevChain, did.Log)
	if err := op.Finish(); err != nil {
		return err
	}
	if err := s.trimLog(w, b, logEntry{to: d.To, bytes: len(did.Log)}); err != nil {
		return err
	}
	return w.Set(boardKey(b.name), encode(recordOf(b.state)), nil)
}
