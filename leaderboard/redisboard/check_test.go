package redisboard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// Every member's score is compared with its row, whatever the rank.
func TestCheckFindsDamageOfAnyRank(t *testing.T) {
	server := redistest.Start(t)
	cfg := redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	const members = 2500
	for i := 0; i < members; i += 50 {
		var batch []leaderboard.Event
		for j := i; j < i+50; j++ {
			batch = append(batch, add("s", uint64(j+1), fmt.Sprint("m", j), float64(j)*0.1-100))
		}
		mustApply(t, s, batch...)
	}
	redis := server.Clients().Write
	key := func(part string) string { return cfg.Prefix + ":{b:b}:" + part }
	do := func(args ...any) {
		t.Helper()
		if err := redis.Do(ctx, args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(says ...string) {
		t.Helper()
		err := s.Check(ctx, board)
		for _, want := range says {
			if !errors.Is(err, leaderboard.ErrDamaged) || !strings.Contains(err.Error(), want) {
				t.Errorf("Check: %v; it should say %q", err, want)
			}
		}
		if len(says) == 0 && err != nil {
			t.Errorf("Check: %v", err)
		}
	}
	wants()
	for _, rank := range []int{0, 999, 1000, 1234, members - 1} {
		member := fmt.Sprint("m", rank)
		score := redis.ZScore(ctx, key("z"), member).Val()
		do("ZADD", key("z"), score+0.5, member)
		wants(fmt.Sprintf("%q: its score is", member))
		do("ZADD", key("z"), score, member)
	}
	wants()
	row := redis.HGet(ctx, key("r"), "m1700").Val()
	for _, cut := range []int{0, 1, 3, 9} {
		do("HSET", key("r"), "m1700", row[:cut])
		wants(`"m1700"`)
	}
	do("HDEL", key("r"), "m1700")
	wants("2500 members have scores, 2499 have rows", `"m1700": it has a score but no row`)
	do("HSET", key("r"), "m1700", row)
	wants()
	for i := range members {
		do("ZADD", key("z"), 7, fmt.Sprint("m", i))
	}
	if err := s.Check(ctx, board); err == nil || strings.Count(err.Error(), "its score is 7") != 20 {
		t.Errorf("where all differ it says %v", err)
	}
	do("DEL", key("z"))
	wants("0 members have scores, 2500 have rows")
	do("SET", key("z"), "x")
	wants("another type")
}

// Without a head, the changelog leads from where the epoch began, whatever
// epochs were before.
func TestWholeChangelogBeginsWithItsEpoch(t *testing.T) {
	server := redistest.Start(t)
	cfg := redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	seq := uint64(0)
	for epoch := range 3 {
		for range 3 {
			seq++
			mustApply(t, s, add("s", seq, "m", 1))
		}
		if epoch == 2 {
			break
		}
		known := mustApply(t, s, add("s", seq+1, "m", 1)).Head
		seq++
		known.Chain = "another"
		head, begun := mustFence(t, s, known)
		if deltas, err := s.Changes(ctx, board, leaderboard.Head{}); err != nil || len(deltas) != 0 || !begun {
			t.Errorf("in a new epoch (%v) at %+v: %d changes, %v", begun, head, len(deltas), err)
		}
	}
	deltas, err := s.Changes(ctx, board, leaderboard.Head{})
	if err != nil || len(deltas) != 3 || deltas[0].From != 8 {
		t.Fatalf("%d changes, %v: %+v", len(deltas), err, deltas)
	}
	if err := server.Clients().Write.XDel(ctx, cfg.Prefix+":{b:b}:l", "10-0").Err(); err != nil {
		t.Fatal(err)
	}
	if deltas, err := s.Changes(ctx, board, leaderboard.Head{}); !errors.Is(err, leaderboard.ErrGone) || !strings.Contains(err.Error(), "11-0") {
		t.Errorf("with a lost entry: %+v, %v", deltas, err)
	}
}
