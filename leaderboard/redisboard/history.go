package redisboard

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

// How a board's ended epochs are remembered, also while it is not there: the
// newest endedMost, for as long after the last as anyone should ask.
const (
	endedKeep = 7 * 24 * time.Hour
	endedMost = 1000
)

// Ended reports whether the epoch of a board that is not there was ended by
// Delete, or replaced by Fence, within the last seven days. It is also true if
// the board is there in another epoch: then nothing is missing. False means
// that the store knows nothing of it: it has lost the board, or the end of it.
func (s *Store) Ended(ctx context.Context, board, epoch string) (bool, error) {
	k, err := s.keysOf(board)
	if err != nil {
		return false, err
	}
	var asked *redis.SliceCmd
	var marks *redis.FloatSliceCmd
	_, err = s.clients.Read.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		asked = askHead(ctx, pipe, k)
		marks = pipe.ZMScore(ctx, k.ended, "deleted:"+epoch, "fenced:"+epoch)
		return nil
	})
	var head leaderboard.Head
	if err == nil {
		head, err = readHead(asked)
	}
	if err != nil {
		return false, fmt.Errorf("end of epoch %s of board %s: %w", epoch, board, fault(err))
	}
	if head != (leaderboard.Head{}) {
		return head.Epoch != epoch, nil
	}
	at := marks.Val() // 0 = no such mark
	return at[0] != 0 || at[1] != 0, nil
}
