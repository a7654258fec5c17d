package redisboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

//go:embed scripts/restore.lua
var restoreLua string

var restoreScript = script{redis.NewScript(restoreLua), "restore"}

// Restore makes a board of an archive: the same rules, entries, version and
// sources, in a new epoch of the archive's line, with its first chain and an
// empty changelog.
// leaderboard.ErrExists if there is one, leaderboard.ErrArchive if the archive is
// none.
//
// The parts are written under temporary keys, which nobody else reads and which
// vanish by themselves; one script makes them the board. So nobody meets half a
// board, and of several who restore one name, one does.
func (s *Store) Restore(ctx context.Context, board string, a leaderboard.Archive) (leaderboard.Info, error) {
	info, err := s.restore(ctx, board, a)
	if err != nil {
		return leaderboard.Info{}, fmt.Errorf("restore board %s: %w", board, err)
	}
	return info, nil
}

func (s *Store) restore(ctx context.Context, board string, a leaderboard.Archive) (info leaderboard.Info, err error) {
	k, err := s.keysOf(board)
	if err != nil {
		return info, err
	}
	if err := a.Check(); err != nil {
		return info, err
	}
	there, err := s.headToWrite(ctx, k)
	if err != nil {
		return info, err
	}
	if there != (leaderboard.Head{}) {
		return info, leaderboard.ErrExists
	}
	epoch := newToken()
	w := restoring{store: s, keys: k.temporary(epoch), args: make(map[string][]any)}
	defer func() {
		if err != nil {
			w.discard(ctx)
		}
	}()
	if err := w.parts(ctx, a); err != nil {
		return info, err
	}
	if err := s.enlist(ctx, board); err != nil {
		return info, err
	}
	info = leaderboard.Info{
		Board: board, Rules: a.Rules.WithDefaults(), Total: a.Total,
		Head: leaderboard.Head{Epoch: epoch, Version: a.Head.Version, Chain: firstChain(epoch)},
	}
	if err := s.makeBoard(ctx, k, &w, info, a.Line(epoch)); err != nil {
		return info, err
	}
	return info, s.enlist(ctx, board) // who deleted the board before may have struck the name since
}

// makeBoard turns the temporary keys into the board.
func (s *Store) makeBoard(ctx context.Context, k keys, w *restoring, info leaderboard.Info, origin string) error {
	rules, _ := json.Marshal(info.Rules) // texts: cannot fail
	args := []any{
		info.Head.Epoch, info.Head.Version, info.Head.Chain,
		rules, string(info.Rules.Order), string(info.Rules.Tie), w.entries, w.entries,
	}
	for _, key := range []string{w.keys.seqs, w.keys.generations, w.keys.refusals} {
		args = append(args, w.fields[key])
	}
	args = append(args, origin)
	r, err := s.write(ctx, restoreScript, 0, append(k.all(), w.keys.contents()...), args...)
	if err != nil {
		return err
	}
	switch outcome := r.text(); outcome {
	case "restored":
		return nil
	case "exists":
		return leaderboard.ErrExists
	case "short":
		return fmt.Errorf("%w: Redis has lost some of what it was given", leaderboard.ErrUnavailable)
	default:
		return errors.Join(r.err, fmt.Errorf("answer of script restore: %.80q", outcome))
	}
}
