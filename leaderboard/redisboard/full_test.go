package redisboard_test

import (
	"errors"
	"fmt"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// A Redis that is full takes no writes; boards are read all the same.
func TestFullRedisIsRead(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	for i := range 10 {
		mustApply(t, s, add("s", uint64(i+1), fmt.Sprint("m", i), 1))
	}
	if err := server.Clients().Write.ConfigSet(ctx, "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(ctx, board, []leaderboard.Event{add("s", 11, "m", 1)}, ""); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Fatalf("Apply: %v", err)
	}
	head, entries := mustRead(t, s)
	if len(entries) != 10 {
		t.Errorf("%d entries", len(entries))
	}
	if state, at, err := s.Source(ctx, board, "s"); err != nil || state.Seq != 10 || at != head {
		t.Errorf("Source: %+v, %+v, %v", state, at, err)
	}
	if heads, err := s.Heads(ctx, []string{board}); err != nil || heads[board] != head {
		t.Errorf("Heads: %+v, %v", heads, err)
	}
	if infos, err := s.List(ctx); err != nil || len(infos) != 1 {
		t.Errorf("List: %+v, %v", infos, err)
	}
	if deltas, err := s.Changes(ctx, board, head); err != nil || len(deltas) != 0 {
		t.Errorf("Changes: %+v, %v", deltas, err)
	}
}
