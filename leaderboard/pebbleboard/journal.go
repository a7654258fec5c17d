package pebbleboard

import "context"

// Journal keeps small records beside the boards: the roster's holders and when
// users were last seen. A key is any text.
type Journal struct{ store *Store }

// Journal returns the journal of the store.
func (s *Store) Journal() *Journal { return &Journal{store: s} }

// Save puts and deletes records in one atomic step and returns when it is
// durable. A key in both is deleted. leaderboard.ErrUnavailable means that
// nothing of it is known to be saved.
func (j *Journal) Save(ctx context.Context, puts map[string][]byte, dels []string) error {
	if len(puts)+len(dels) == 0 {
		return nil
	}
	s := j.store
	if err := s.enter(ctx); err != nil {
		return err
	}
	c := &commit{batch: s.db.NewBatch()}
	for key, val := range puts {
		if err := c.batch.Set(journalKey(key), val, nil); err != nil {
			s.leave()
			return err
		}
	}
	for _, key := range dels {
		if err := c.batch.Delete(journalKey(key), nil); err != nil {
			s.leave()
			return err
		}
	}
	return s.wait(ctx, s.send(c))
}

// Load yields every record whose key begins with prefix, in the order of keys,
// until yield fails; it returns that error. val is yield's to keep.
func (j *Journal) Load(ctx context.Context, prefix string, yield func(key string, val []byte) error) error {
	s := j.store
	s.reading.RLock()
	defer s.reading.RUnlock()
	if s.closed {
		return errClosed
	}
	return s.each(journalKey(prefix), func(key, val []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(prefix+string(key), append([]byte(nil), val...))
	})
}
