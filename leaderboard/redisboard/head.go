package redisboard

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"rollcall/leaderboard"
)

func askHead(ctx context.Context, c redis.Cmdable, k keys) *redis.SliceCmd {
	return c.HMGet(ctx, k.head, "epoch", "version", "chain")
}

// readHead reads what askHead asked, and maybe more: the zero Head if there is no
// board.
func readHead(cmd *redis.SliceCmd) (leaderboard.Head, error) {
	v, err := cmd.Result()
	if err != nil || v[0] == nil {
		return leaderboard.Head{}, err
	}
	texts, err := readTexts(v[:3])
	if err != nil {
		return leaderboard.Head{}, err
	}
	version, err := parseUint(texts[1])
	return leaderboard.Head{Epoch: texts[0], Version: version, Chain: texts[2]}, err
}

func readTexts(v []any) ([]string, error) {
	texts := make([]string, len(v))
	for i := range v {
		var ok bool
		if texts[i], ok = v[i].(string); !ok {
			return nil, fmt.Errorf("head: %w: a field is missing", errDamaged)
		}
	}
	return texts, nil
}

// readCount reads a seq, or a generation with its token behind; none is 0.
func readCount(v []any) (uint64, error) {
	if len(v) != 1 || v[0] == nil {
		return 0, nil
	}
	text, _ := v[0].(string)
	number, _, _ := strings.Cut(text, " ")
	return parseUint(number)
}
