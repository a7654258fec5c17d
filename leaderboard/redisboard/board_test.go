package redisboard_test

import (
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard/boardtest"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

var _ hub.Boards = (*redisboard.Store)(nil)

func TestBoards(t *testing.T) {
	server := redistest.Start(t)
	boardtest.Run(t, func(tb testing.TB, o boardtest.Options) boardtest.Store {
		return newStore(tb, server, redisboard.Config{IDWindow: o.IDWindow, IDLimit: o.IDLimit, Now: o.Now, ChangelogEntries: o.ChangelogEntries, AckWait: 20 * time.Millisecond})
	})
}
