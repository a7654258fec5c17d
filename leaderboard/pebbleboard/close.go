package pebbleboard

import (
	"errors"
	"time"

	"rollcall/leaderboard"
)

// closeWait bounds how long Close waits for a storage engine that has failed:
// it may hold its own locks for ever.
const closeWait = 2 * time.Second

// Close waits for the commits under way, brings MARK up to date and closes the
// directory. After a failure of the disk it releases what can be released.
func (s *Store) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Store) close() error {
	close(s.stopping)
	s.stopMarker()
	s.awaitCommits()
	s.queue.close()
	s.reading.Lock()
	s.closed = true
	s.reading.Unlock()
	if s.failure() != nil {
		return errors.Join(s.abandon(), s.lock.Close())
	}
	<-s.committed
	return errors.Join(s.writeMark(), s.guard(s.db.Close), s.lock.Close())
}

// awaitCommits takes every place, so that nobody has one.
func (s *Store) awaitCommits() {
	for range maxUnderWay {
		select {
		case s.places <- struct{}{}:
		case <-s.dead:
			return
		}
	}
}

// abandon closes a failed storage engine if it lets itself be closed.
func (s *Store) abandon() error {
	if s.parked.Load() {
		return nil // it does not
	}
	done := make(chan struct{})
	go func() { // may outlive the store: it waits for a lock that nobody will release
		defer close(done)
		defer func() { _ = recover() }() // Pebble may find itself half way
		<-s.committed
		_ = s.db.Close() // would report the failure again
	}()
	select {
	case <-done:
		return nil
	case <-time.After(closeWait):
		return errors.Join(leaderboard.ErrUnavailable, errors.New("the storage engine did not close"))
	}
}
