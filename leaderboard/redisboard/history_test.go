package redisboard_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

func wantEnded(tb testing.TB, s *redisboard.Store, epoch string, want bool) {
	tb.Helper()
	if got, err := s.Ended(ctx, board, epoch); err != nil || got != want {
		tb.Errorf("Ended(%s) = %v, %v; want %v", epoch, got, err, want)
	}
}

// A Redis that comes back empty has lost its boards: nobody ended them.
func TestALostBoardDidNotEnd(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	first := mustPut(t, s, board, leaderboard.Rules{}).Head.Epoch
	mustDelete(t, s)
	second := mustPut(t, s, board, leaderboard.Rules{}).Head.Epoch
	wantEnded(t, s, second, false)
	if err := server.Clients().Write.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	wantEnded(t, s, first, false) // also what it knew
	wantEnded(t, s, second, false)
	if info, _, created, err := s.Put(ctx, board, leaderboard.Rules{}); err != nil || !created || info.Head.Epoch == second {
		t.Errorf("put after the loss: %+v, created %v, %v", info, created, err)
	}
	wantEnded(t, s, second, true) // nobody misses it: the board is there
}

// A board whose head alone was lost is not mixed up with the one made anew.
func TestABoardMadeAnewMeetsNothingOfALostOne(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1), leaderboard.Event{Member: "n", Op: leaderboard.Set, ID: "x"}, leaderboard.Event{Member: "no", Op: leaderboard.Patch, Source: "s", Seq: 2})
	archive := mustArchive(t, s)
	for range 2 { // by Put, then by Restore
		if err := server.Clients().Write.Del(ctx, cfg.Prefix+":{b:b}:h").Err(); err != nil {
			t.Fatal(err)
		}
		if infos, err := s.List(ctx); err != nil || len(infos) != 0 {
			t.Fatalf("listed: %+v, %v", infos, err)
		}
		mustPut(t, s, board, leaderboard.Rules{})
		out := mustApply(t, s, add("s", 1, "m", 1), leaderboard.Event{Member: "n", Op: leaderboard.Set, ID: "x"})
		if out.Head.Version != 2 || *out.Results[0].Score != 1 || out.Results[1].Status != leaderboard.Applied {
			t.Errorf("the new board: %+v", out)
		}
	}
	if err := server.Clients().Write.Del(ctx, cfg.Prefix+":{b:b}:h").Err(); err != nil {
		t.Fatal(err)
	}
	info, err := s.Restore(ctx, board, archive)
	if err != nil {
		t.Fatal(err)
	}
	mustApply(t, s, leaderboard.Event{Member: "n", Op: leaderboard.Set, Score: 3, ID: "x"}) // not the id's second time
	if at, _ := mustFold(t, s, info.Head); at.Version != info.Head.Version+1 {
		t.Errorf("the changelog leads to %+v", at)
	}
}

// Ends are remembered for seven days, and a thousand of them.
func TestEndsAreForgottenInTime(t *testing.T) {
	server := redistest.Start(t)
	now := time.Unix(1_000_000, 0)
	cfg := redisboard.Config{Prefix: newPrefix(), Now: func() time.Time { return now }}
	s := newStore(t, server, cfg)
	end := func() string {
		epoch := mustPut(t, s, board, leaderboard.Rules{}).Head.Epoch
		mustDelete(t, s)
		return epoch
	}
	first := end()
	ttl := server.Clients().Read.TTL(ctx, cfg.Prefix+":{b:b}:e").Val()
	if ttl < 6*24*time.Hour || ttl > 7*24*time.Hour {
		t.Errorf("the ends go after %s", ttl)
	}
	now = now.Add(6 * 24 * time.Hour)
	second := end()
	wantEnded(t, s, first, true)
	now = now.Add(2 * 24 * time.Hour)
	third := end()
	wantEnded(t, s, first, false)
	wantEnded(t, s, second, true)
	for range 999 {
		end()
	}
	wantEnded(t, s, third, true)
	wantEnded(t, s, second, false)
}

// That nobody answers is no end.
func TestEndedAsksRedis(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	epoch := mustPut(t, s, board, leaderboard.Rules{}).Head.Epoch
	mustDelete(t, s)
	server.Kill()
	if ended, err := s.Ended(ctx, board, epoch); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Ended: %v, %v", ended, err)
	}
}

func mustDelete(tb testing.TB, s *redisboard.Store) {
	tb.Helper()
	if err := s.Delete(ctx, board); err != nil {
		tb.Fatal(err)
	}
}

// What the sorted set and the rows say of each other is compared.
func TestSampleFindsDamage(t *testing.T) {
	server := redistest.Start(t)
	key := func(cfg redisboard.Config, part string) string { return cfg.Prefix + ":{b:b}:" + part }
	for name, damage := range map[string]struct {
		do   func(redisboard.Config) []any
		says string
	}{
		"NoScores":     {func(c redisboard.Config) []any { return []any{"DEL", key(c, "z")} }, "0 members have scores, 200 have rows"},
		"NoRows":       {func(c redisboard.Config) []any { return []any{"DEL", key(c, "r")} }, "200 members have scores, 0 have rows"},
		"ARowIsGone":   {func(c redisboard.Config) []any { return []any{"HDEL", key(c, "r"), "m0"} }, "199 have rows"},
		"AScoreIsGone": {func(c redisboard.Config) []any { return []any{"ZREM", key(c, "z"), "m0"} }, "199 members have scores"},
		"AnotherScore": {func(c redisboard.Config) []any { return []any{"ZADD", key(c, "z"), "1e6", "m150"} }, "m150"},
		"AnotherMember": {func(c redisboard.Config) []any {
			return []any{"EVAL", "redis.call('ZREM', KEYS[1], 'm0') redis.call('ZADD', KEYS[1], 1e6, 'x')", 1, key(c, "z")}
		}, "no row"},
		"ARowIsCut":   {func(c redisboard.Config) []any { return []any{"HSET", key(c, "r"), "m199", "x"} }, "m199"},
		"NoChain":     {func(c redisboard.Config) []any { return []any{"HDEL", key(c, "h"), "chain"} }, "head"},
		"NoOrder":     {func(c redisboard.Config) []any { return []any{"HDEL", key(c, "h"), "order"} }, "head"},
		"AnotherType": {func(c redisboard.Config) []any { return []any{"SET", key(c, "z"), "x"} }, "type"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := redisboard.Config{Prefix: newPrefix()}
			s := newStore(t, server, cfg)
			mustPut(t, s, board, leaderboard.Rules{})
			for i := 0; i < 200; i += 50 {
				var batch []leaderboard.Event
				for j := i; j < i+50; j++ {
					batch = append(batch, add("s", uint64(j+1), fmt.Sprint("m", j), float64(j)+0.1))
				}
				mustApply(t, s, batch...)
			}
			if sample, err := s.Sample(ctx, board); err != nil || len(sample.Entries) != 100 || sample.Total != 200 {
				t.Fatalf("%d of %d, %v", len(sample.Entries), sample.Total, err)
			}
			if err := server.Clients().Write.Do(ctx, damage.do(cfg)...).Err(); err != nil && name != "AnotherMember" { // which returns nil
				t.Fatal(err)
			}
			if _, err := s.Sample(ctx, board); !errors.Is(err, leaderboard.ErrDamaged) || !strings.Contains(err.Error(), damage.says) {
				t.Errorf("Sample: %v; it should say %q", err, damage.says)
			}
		})
	}
}

// A Redis that is full is still compared, archived, and relieved of boards.
func TestFullRedisKeepsItsHistory(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	known := mustApply(t, s, add("s", 1, "m", 1)).Head
	last := mustApply(t, s, add("s", 2, "m", 1)).Head
	if err := server.Clients().Write.ConfigSet(ctx, "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if head, begun := mustFence(t, s, known); begun || head != last {
		t.Errorf("Fence: %+v, %v", head, begun)
	}
	if deltas, err := s.Changes(ctx, board, known); err != nil || len(deltas) != 1 {
		t.Errorf("Changes: %+v, %v", deltas, err)
	}
	if sample, err := s.Sample(ctx, board); err != nil || sample.Total != 1 {
		t.Errorf("Sample: %+v, %v", sample, err)
	}
	a, err := s.Archive(ctx, board)
	if err != nil || a.Head != last || len(a.Sources) != 1 {
		t.Errorf("Archive: %+v, %v", a, err)
	}
	if _, err := s.Restore(ctx, "copy", a); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Restore: %v", err)
	}
	known.Chain = "another"
	if _, _, err := s.Fence(ctx, board, known); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Fence that begins an epoch: %v", err)
	}
	mustDelete(t, s)
	wantEnded(t, s, last.Epoch, true)
	if _, _, _, err := s.Put(ctx, board, leaderboard.Rules{}); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Errorf("Put: %v", err)
	}
}
