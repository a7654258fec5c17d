package pebbleboard

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"rollcall/leaderboard"
)

// restoreBytes is how much of a board one commit takes.
const restoreBytes = 1 << 20

// Restore makes a board of an archive: the same rules, entries, version and
// sources, in a new epoch of the archive's line, with its first chain and an
// empty changelog. It returns when that is durable. leaderboard.ErrExists if there is one,
// leaderboard.ErrArchive if the archive is none.
//
// A large board takes several commits, of which the last makes it one. What
// stands under the epoch until then is marked, so that Open strikes it if the
// process ends in between.
func (s *Store) Restore(ctx context.Context, name string, a leaderboard.Archive) (leaderboard.Info, error) {
	info, err := s.restore(ctx, name, a)
	if err != nil {
		return leaderboard.Info{}, fmt.Errorf("restore board %s: %w", name, err)
	}
	return info, nil
}

func (s *Store) restore(ctx context.Context, name string, a leaderboard.Archive) (leaderboard.Info, error) {
	if _, err := s.find(name); err == nil {
		return leaderboard.Info{}, leaderboard.ErrExists
	}
	if err := a.Check(); err != nil {
		return leaderboard.Info{}, err
	}
	epoch := newEpoch()
	head := leaderboard.Head{Epoch: epoch, Version: a.Head.Version, Chain: leaderboard.FirstChain(epoch)}
	r := restoring{store: s, epoch: epoch, state: leaderboard.RestoreState(a.Rules.WithDefaults(), head, s.cfg.state())}
	r.state.RestoreOrigin(a.Line(epoch))
	r.batch = s.db.NewBatch()
	info, err := r.run(ctx, name, a)
	if r.batch != nil {
		_ = r.batch.Close()
	}
	if err != nil && r.sent {
		r.discard(ctx)
	}
	return info, err
}

// restoring is a Restore under way.
type restoring struct {
	store *Store
	epoch string
	state *leaderboard.State
	batch *pebble.Batch // what the next commit takes; nil when the last has taken it
	sent  bool          // some commit but the last was
	key   []byte        // scratch
	value []byte        // scratch
}

func (r *restoring) run(ctx context.Context, name string, a leaderboard.Archive) (leaderboard.Info, error) {
	if err := r.entries(ctx, a); err != nil {
		return leaderboard.Info{}, err
	}
	for _, src := range a.Sources {
		r.state.RestoreSource(src)
		if err := r.set(ctx, kindSource, src.Name, encode(src)); err != nil {
			return leaderboard.Info{}, err
		}
	}
	return r.makeBoard(ctx, name)
}

func (r *restoring) entries(ctx context.Context, a leaderboard.Archive) error {
	n := 0
	if a.Entries != nil {
		for e := range a.Entries {
			if err := a.CheckEntry(e); err != nil {
				return err
			}
			n++
			if e.Score == 0 {
				e.Score = 0 // not −0
			}
			if len(e.Cells) == 0 {
				e.Cells = nil
			}
			r.state.RestoreEntry(e)
			r.value = leaderboard.AppendRow(r.value[:0], &leaderboard.Row{Entry: e})
			if err := r.set(ctx, kindEntry, e.Member, r.value); err != nil {
				return err
			}
		}
	}
	return a.CheckTotal(n, r.state.Len())
}

// set puts one record into the batch, and commits that when it is large.
func (r *restoring) set(ctx context.Context, kind byte, name string, value []byte) error {
	r.key = under(r.key[:0], kind, r.epoch, name)
	if err := r.batch.Set(r.key, value, nil); err != nil {
		return err
	}
	if r.batch.Len() < restoreBytes {
		return nil
	}
	if err := r.batch.Set(restoreKey(r.epoch), nil, nil); err != nil {
		return err
	}
	full := r.batch
	r.batch, r.sent = r.store.db.NewBatch(), true
	return r.store.commitAlone(ctx, full)
}

// makeBoard makes the last commit.
func (r *restoring) makeBoard(ctx context.Context, name string) (leaderboard.Info, error) {
	s := r.store
	s.admin.Lock()
	defer s.admin.Unlock()
	if _, err := s.find(name); err == nil {
		return leaderboard.Info{}, leaderboard.ErrExists
	}
	info := leaderboard.Info{Board: name, Rules: r.state.Rules(), Head: r.state.Head(), Total: r.state.Len()}
	if err := r.batch.Set(boardKey(name), encode(recordOf(r.state)), nil); err != nil {
		return leaderboard.Info{}, err
	}
	if err := r.batch.Delete(restoreKey(r.epoch), nil); err != nil {
		return leaderboard.Info{}, err
	}
	last := r.batch
	r.batch = nil
	if err := s.commitAlone(ctx, last); err != nil {
		return leaderboard.Info{}, err
	}
	s.mu.Lock()
	s.boards[name] = &board{name: name, epoch: r.epoch, state: r.state}
	s.mu.Unlock()
	return info, nil
}

// discard strikes what was committed. If it cannot, Open does.
func (r *restoring) discard(ctx context.Context) {
	w := r.store.db.NewBatch()
	if err := strike(w, r.epoch); err == nil {
		_ = r.store.commitAlone(context.WithoutCancel(ctx), w)
	}
}

// strike deletes what a Restore has left.
func strike(w *pebble.Batch, epoch string) error {
	if err := deleteEpoch(w, epoch); err != nil {
		return err
	}
	return w.Delete(restoreKey(epoch), nil)
}

// strikeRestores deletes what the Restores have left that did not come to their
// end before the store was closed, or its process killed.
func (s *Store) strikeRestores() error {
	w := s.db.NewBatch()
	defer w.Close()
	err := s.each(restoreKey(""), func(epoch, _ []byte) error { return strike(w, string(epoch)) })
	if err != nil || w.Empty() {
		return err
	}
	return s.db.Apply(w, s.sync)
}

// commitAlone makes a batch durable that changes no board's state. Once sent it
// is waited for, whoever asked.
func (s *Store) commitAlone(ctx context.Context, w *pebble.Batch) error {
	err := ctx.Err()
	if err == nil {
		err = s.enter(ctx)
	}
	if err != nil {
		_ = w.Close()
		return err
	}
	return s.wait(context.WithoutCancel(ctx), s.send(&commit{batch: w}))
}
