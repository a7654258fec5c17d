package redisboard_test

import (
	"errors"
	"fmt"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardtest"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// While a board is being restored nobody meets any of it; what a Restore that
// fails has written vanishes.
func TestAFailedRestoreLeavesNothing(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	a := leaderboard.Archive{Snapshot: leaderboard.Snapshot{Head: leaderboard.Head{Version: 5000}, Total: 5000}}
	parts := 0
	a.Entries = func(yield func(leaderboard.Entry) bool) {
		for i := range 5000 {
			if i == 3000 {
				keys := server.Clients().Read.Keys(ctx, cfg.Prefix+"*").Val()
				parts = len(keys)
				for _, key := range keys {
					if ttl := server.Clients().Read.TTL(ctx, key).Val(); ttl <= 0 {
						t.Errorf("%s would stay", key)
					}
				}
				if infos, err := s.List(ctx); err != nil || len(infos) != 0 {
					t.Errorf("listed: %+v, %v", infos, err)
				}
			}
			if i == 4000 {
				i = 0 // a member twice
			}
			if !yield(leaderboard.Entry{Member: fmt.Sprint("m", i)}) {
				return
			}
		}
	}
	if _, err := s.Restore(ctx, board, a); !errors.Is(err, leaderboard.ErrArchive) {
		t.Fatal(err)
	}
	if parts != 2 {
		t.Errorf("%d keys were there in the middle", parts)
	}
	if keys := server.Clients().Read.Keys(ctx, cfg.Prefix+"*").Val(); len(keys) != 0 {
		t.Errorf("these stay: %q", keys)
	}
}

// A board that is put while it is being restored stays as it was put.
func TestPutDuringARestoreWins(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	a := leaderboard.Archive{Snapshot: leaderboard.Snapshot{Head: leaderboard.Head{Version: 1}, Total: 1}, Sources: []leaderboard.Source{{Name: "s", Seq: 9}}}
	a.Entries = func(yield func(leaderboard.Entry) bool) {
		mustPut(t, s, board, leaderboard.Rules{})
		yield(leaderboard.Entry{Member: "restored"})
	}
	if _, err := s.Restore(ctx, board, a); !errors.Is(err, leaderboard.ErrExists) {
		t.Fatal(err)
	}
	if out := mustApply(t, s, add("s", 1, "m", 1)); out.Head.Version != 1 {
		t.Errorf("the board that was put: %+v", out)
	}
	if _, entries := mustRead(t, s); len(entries) != 1 {
		t.Errorf("entries %+v", entries)
	}
}

// What Redis loses of a Restore under way, as a failover does, is missed.
func TestARestoreThatRedisForgotFails(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	a := leaderboard.Archive{Sources: []leaderboard.Source{{Name: "s", Seq: 9}}}
	forgetting := server.Clients()
	forgetting.Write.AddHook(before(func(cmd string) {
		if cmd == "sadd" { // the parts are written
			for _, key := range server.Clients().Read.Keys(ctx, cfg.Prefix+"*").Val() {
				server.Clients().Write.Del(ctx, key)
			}
		}
	}))
	if _, err := redisboard.New(forgetting, cfg).Restore(ctx, board, a); !errors.Is(err, leaderboard.ErrUnavailable) {
		t.Fatalf("Restore: %v", err)
	}
	if infos, err := s.List(ctx); err != nil || len(infos) != 0 {
		t.Errorf("listed: %+v, %v", infos, err)
	}
}

// What was to vanish if it became no board stays once it is one.
func TestARestoredBoardStays(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	source := newEmbedded(t)
	boardtest.NewRich(t, source, board, leaderboard.Given)
	if _, err := newStore(t, server, cfg).Restore(ctx, board, mustArchive(t, source)); err != nil {
		t.Fatal(err)
	}
	keys := server.Clients().Read.Keys(ctx, cfg.Prefix+":{b:b}:*").Val()
	for _, key := range keys {
		if ttl := server.Clients().Read.TTL(ctx, key).Val(); ttl != -1 {
			t.Errorf("%s vanishes after %s", key, ttl)
		}
	}
	if len(keys) != 6 { // head, scores, rows, seqs, generations, refusals
		t.Errorf("keys %q", keys)
	}
}

// Whoever gets no answer to a Restore has made the board once.
func TestARestoreSentAgainIsOne(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr)
	cfg := redisboard.Config{Prefix: newPrefix()}
	source := newEmbedded(t)
	boardtest.NewRich(t, source, board, leaderboard.Reached)
	a := mustArchive(t, source)
	s := redisboard.New(redistest.Open(t, "redis://"+p.listener.Addr().String()), cfg)
	if _, err := s.Restore(ctx, "other", a); err != nil { // the server knows the script
		t.Fatal(err)
	}
	for lost := int32(1); lost <= 6; lost++ {
		p.swallow.Store(lost)
		info, err := s.Restore(ctx, board, a)
		if err != nil || info.Total != a.Total {
			t.Fatalf("%d answers lost: %+v, %v", lost, info, err)
		}
		wantSameEntries(t, mustArchive(t, s), a)
		mustDelete(t, s)
	}
}

func wantSameEntries(tb testing.TB, got, want leaderboard.Archive) {
	tb.Helper()
	is, was := map[string]leaderboard.Entry{}, map[string]leaderboard.Entry{}
	for e := range got.Entries {
		is[e.Member] = e
	}
	for e := range want.Entries {
		was[e.Member] = e
	}
	wantSameBoard(tb, is, was)
}
