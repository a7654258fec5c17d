package pebbleboard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// List returns every board, by name.
func (s *Store) List(ctx context.Context) ([]leaderboard.Info, error) {
	s.mu.RLock()
	boards := make([]*board, 0, len(s.boards))
	for _, b := range s.boards {
		boards = append(boards, b)
	}
	s.mu.RUnlock()
	infos := make([]leaderboard.Info, 0, len(boards))
	for _, b := range boards {
		info, err := s.info(ctx, b)
		if errors.Is(err, leaderboard.ErrUnknownBoard) {
			continue // deleted since
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b leaderboard.Info) int { return strings.Compare(a.Board, b.Board) })
	return infos, nil
}

func (s *Store) info(ctx context.Context, b *board) (info leaderboard.Info, err error) {
	err = s.read(ctx, b, func(st *leaderboard.State) {
		info = leaderboard.Info{Board: b.name, Rules: st.Rules(), Head: st.Head(), Total: st.Len()}
	})
	return info, err
}

// Put creates the board or changes its rules. The same rules again change
// nothing; another order or tie while the board has entries is
// leaderboard.ErrRulesFixed. Delta is nil unless an existing board changed.
func (s *Store) Put(ctx context.Context, name string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	b, err := s.find(name)
	if err != nil {
		info, err = s.create(ctx, name, rules)
		return info, nil, err == nil, err
	}
	err = s.write(ctx, b, func(st *leaderboard.State) (*leaderboard.Change, error) {
		did, err := st.SetRules(rules)
		if did != nil {
			delta = did.Outcome.Delta
		}
		info = leaderboard.Info{Board: name, Rules: st.Rules(), Head: st.Head(), Total: st.Len()}
		return did, err
	})
	if err != nil {
		return leaderboard.Info{}, nil, false, fmt.Errorf("put board %s: %w", name, err)
	}
	return info, delta, false, nil
}

// create makes a board that does not exist. It is seen when it is durable.
func (s *Store) create(ctx context.Context, name string, rules leaderboard.Rules) (leaderboard.Info, error) {
	if err := s.enter(ctx); err != nil {
		return leaderboard.Info{}, fmt.Errorf("create board %s: %w", name, err)
	}
	epoch := newEpoch()
	st := leaderboard.NewState(epoch, rules, s.cfg.state())
	b := &board{name: name, epoch: epoch, state: st}
	info := leaderboard.Info{Board: name, Rules: st.Rules(), Head: st.Head()} // read before anyone else may write it
	c := &commit{batch: s.db.NewBatch()}
	if err := c.batch.Set(boardKey(name), encode(recordOf(st)), nil); err != nil {
		s.leave()
		return leaderboard.Info{}, fmt.Errorf("create board %s: %w", name, err)
	}
	// Not ctx: once sent, the board exists on disk whoever waits for it.
	if err := s.wait(context.WithoutCancel(ctx), s.send(c)); err != nil {
		return leaderboard.Info{}, fmt.Errorf("create board %s: %w", name, err)
	}
	s.mu.Lock()
	s.boards[name] = b
	s.mu.Unlock()
	return info, nil
}

// Delete ends the board and its epoch.
func (s *Store) Delete(ctx context.Context, name string) error {
	s.admin.Lock()
	defer s.admin.Unlock()
	b, err := s.find(name)
	if err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("delete board %s: %w", name, err)
	}
	c, err := s.sendDelete(b)
	if err != nil {
		s.leave()
		return fmt.Errorf("delete board %s: %w", name, err)
	}
	if err := s.wait(context.WithoutCancel(ctx), c); err != nil {
		return fmt.Errorf("delete board %s: %w", name, err)
	}
	s.mu.Lock()
	delete(s.boards, name)
	s.mu.Unlock()
	return nil
}

// sendDelete stops the board's writing and sends its deletion, which follows
// whatever is under way.
func (s *Store) sendDelete(b *board) (*commit, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := s.failure(); err != nil {
		return nil, err
	}
	c := &commit{batch: s.db.NewBatch(), board: b}
	if err := c.batch.Delete(boardKey(b.name), nil); err != nil {
		return nil, err
	}
	if err := deleteEpoch(c.batch, b.epoch); err != nil {
		return nil, err
	}
	b.gone = true
	b.underWay = append(b.underWay, c)
	return s.send(c), nil
}

// deleteEpoch deletes all that stands under an epoch.
func deleteEpoch(w *pebble.Batch, epoch string) error {
	for _, kind := range []byte{kindEntry, kindSource, kindID, kindLog} {
		prefix := under(nil, kind, epoch, "")
		if err := w.DeleteRange(prefix, upTo(prefix), nil); err != nil {
			return err
		}
	}
	return nil
}

// newEpoch returns 128 random bits in hex.
func newEpoch() string {
	var b [epochBytes / 2]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
