package redisboard

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

//go:embed scripts/fence.lua
var fenceLua string

var fenceScript = script{redis.NewScript(fenceLua), "fence"}

// Fence compares a head that the board once had with the store's history, in
// one step. A head that is ahead of the board, or that the changelog shows
// another chain for, or does not reach back to, begins a new epoch: at the same
// version, with the same rows, its chain the first one of the epoch. Of several
// calls that know heads of one epoch, one begins the next.
//
// That the changelog does not reach back may mean no more than that the caller
// was away for longer than Config.ChangelogKeep. Nothing is lost or counted
// twice by an epoch too many: senders ask where they stand and go on.
func (s *Store) Fence(ctx context.Context, board string, known leaderboard.Head) (head leaderboard.Head, begun bool, err error) {
	k, err := s.keysOf(board)
	if err != nil {
		return head, false, err
	}
	epoch := newToken()
	r, err := s.write(ctx, fenceScript, 0, []string{k.head, k.log, k.ended},
		known.Epoch, known.Version, known.Chain, firstChain(known.Epoch), epoch, firstChain(epoch),
		s.cfg.now(), endedKeep.Microseconds(), endedMost)
	if err == nil && r.empty() {
		err = leaderboard.ErrUnknownBoard
	}
	if err != nil {
		return head, false, fmt.Errorf("fence board %s: %w", board, err)
	}
	head = leaderboard.Head{Epoch: r.text(), Version: r.uint(), Chain: r.text()}
	return head, r.int() == 1, r.err
}
