package redisboard_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// forget brings every key back to what it was, as a failover to a replica that
// had no more does.
func forget(t *testing.T, server *redistest.Server, kept map[string]string) {
	t.Helper()
	if err := server.Clients().Write.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	restoreAll(t, server, kept)
}

func mustFence(tb testing.TB, s *redisboard.Store, known leaderboard.Head) (leaderboard.Head, bool) {
	tb.Helper()
	head, begun, err := s.Fence(ctx, board, known)
	if err != nil {
		tb.Fatal(err)
	}
	return head, begun
}

// Each way in which a head can be of no history that the store still has.
func TestFenceBeginsAnEpochWhereHistoryWasLost(t *testing.T) {
	server := redistest.Start(t)
	for name, test := range map[string]struct {
		kept, lost, after int // batches before the copy, after it, and after its return
	}{
		"Behind":               {kept: 5, lost: 3},
		"AtTheSameVersion":     {kept: 5, lost: 3, after: 3},
		"AheadWithOtherChain":  {kept: 5, lost: 3, after: 6},
		"BackToTheStart":       {kept: 0, lost: 3},
		"TheStartOfAnotherWay": {kept: 0, lost: 3, after: 5},
	} {
		t.Run(name, func(t *testing.T) {
			forget(t, server, nil)
			s := newStore(t, server, redisboard.Config{})
			was := mustPut(t, s, board, leaderboard.Rules{}).Head
			seq := uint64(0)
			send := func(member string, batches int) {
				for range batches {
					seq++
					was = mustApply(t, s, add("s", seq, member, 1)).Head
				}
			}
			send("m", test.kept)
			kept, last := dumpAll(t, server), seq
			send("lost", test.lost)
			known := was
			forget(t, server, kept)
			seq = last
			send("other", test.after)
			before, entries := mustRead(t, s)

			head, begun := mustFence(t, s, known)
			if !begun || head.Epoch == known.Epoch || head.Version != before.Version || head.Chain == before.Chain {
				t.Fatalf("fence of %+v: %+v, %v; the head was %+v", known, head, begun, before)
			}
			at, now := mustRead(t, s)
			if at != head {
				t.Errorf("the head is %+v, Fence said %+v", at, head)
			}
			wantSameBoard(t, now, entries)
			wantEpochGoesOn(t, s, before, head, seq)
			for _, old := range []leaderboard.Head{known, before} {
				if again, begun := mustFence(t, s, old); begun || again.Epoch != head.Epoch {
					t.Errorf("another fence by %+v: %+v, %v", old, again, begun)
				}
			}
			if ended, err := s.Ended(ctx, board, known.Epoch); err != nil || !ended {
				t.Errorf("the epoch before: ended %v, %v", ended, err)
			}
		})
	}
}

// wantEpochGoesOn checks that senders and followers go on in an epoch that a
// fence began at a head, and those of the epoch before do not.
func wantEpochGoesOn(t *testing.T, s *redisboard.Store, before, head leaderboard.Head, seq uint64) {
	t.Helper()
	if deltas, err := s.Changes(ctx, board, head); err != nil || len(deltas) != 0 {
		t.Errorf("changes after the fence: %+v, %v", deltas, err)
	}
	stale := add("s", seq+1, "m", 1)
	stale.Epoch = before.Epoch
	if res := mustApply(t, s, stale).Results[0]; res.Refusal == nil || res.Refusal.Code != leaderboard.CodeStaleEpoch {
		t.Errorf("an event of the epoch before: %+v", res)
	}
	stale.Epoch = head.Epoch
	first := mustApply(t, s, stale)
	second := mustApply(t, s, add("s", seq+2, "m", 1)).Head
	if first.Delta == nil || first.Delta.PrevChain != head.Chain {
		t.Fatalf("the first delta is %+v, the head was %+v", first.Delta, head)
	}
	for _, from := range []leaderboard.Head{head, first.Head} {
		if at, _ := mustFold(t, s, from); at != second {
			t.Errorf("changes after %+v lead to %+v, not %+v", from, at, second)
		}
		if now, begun := mustFence(t, s, from); begun || now != second {
			t.Errorf("a fence by a true head: %+v, %v", now, begun)
		}
	}
	if _, err := s.Changes(ctx, board, before); !errors.Is(err, leaderboard.ErrGone) {
		t.Errorf("changes after a head of the epoch before: %v", err)
	}
}

// A changelog that was cut cannot tell any more: that is taken for a loss.
func TestFenceThatCannotTellBeginsAnEpoch(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := newStore(t, redistest.Start(t), redisboard.Config{ChangelogKeep: time.Minute, Now: func() time.Time { return now }})
	mustPut(t, s, board, leaderboard.Rules{})
	known := mustApply(t, s, add("s", 1, "m", 1)).Head
	for seq := uint64(2); seq <= 30; seq++ { // half a minute: the changelog has it all
		now = now.Add(time.Second)
		mustApply(t, s, add("s", seq, "m", 1))
	}
	if _, begun := mustFence(t, s, known); begun {
		t.Error("a head of half a minute ago began an epoch")
	}
	for seq := uint64(31); seq <= 1000; seq++ {
		now = now.Add(time.Second)
		mustApply(t, s, add("s", seq, "m", 1))
	}
	if _, begun := mustFence(t, s, known); !begun {
		t.Error("a head that the changelog no longer knows began none")
	}
}

// However many nodes notice a loss, with whatever heads, one epoch begins.
func TestManyFencesBeginOneEpoch(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1))
	kept := dumpAll(t, server)
	var heads []leaderboard.Head
	for seq := uint64(2); seq < 10; seq++ {
		heads = append(heads, mustApply(t, s, add("s", seq, "m", 1)).Head)
	}
	forget(t, server, kept)

	const nodes = 4
	var mu sync.Mutex
	began, told := 0, map[leaderboard.Head]bool{}
	var callers sync.WaitGroup
	for range nodes {
		node := newStore(t, server, cfg)
		for _, known := range heads {
			callers.Go(func() {
				head, begun, err := node.Fence(ctx, board, known)
				mu.Lock()
				defer mu.Unlock()
				if told[head] = true; err != nil || head.Version != 1 {
					t.Errorf("fence by %+v: %+v, %v", known, head, err)
				}
				if begun {
					began++
				}
			})
		}
	}
	callers.Wait()
	if began != 1 || len(told) != 1 {
		t.Errorf("%d epochs were begun; callers were told %+v", began, told)
	}
}

// Who gets no answer to its fence asks again, and has begun the epoch.
func TestAFenceSentAgainBeginsOneEpoch(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr)
	s := redisboard.New(redistest.Open(t, "redis://"+p.listener.Addr().String()), redisboard.Config{})
	start := mustPut(t, s, board, leaderboard.Rules{}).Head
	known := mustApply(t, s, add("s", 1, "m", 1)).Head
	mustFence(t, s, known) // the server knows the script
	known.Chain = start.Chain + "0"
	p.swallow.Store(1)
	head, begun := mustFence(t, s, known)
	if p.lost.Load() != 1 {
		t.Fatal("no answer was lost")
	}
	if at, _ := mustRead(t, s); !begun || at != head || head.Epoch == known.Epoch {
		t.Errorf("fence: %+v, %v; the head is %+v", head, begun, at)
	}
}

// A Delete that meets a fence ends the board, not just its epoch before.
func TestDeleteEndsABoardThatIsFencedMeanwhile(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	fencing := newStore(t, server, cfg)
	mustPut(t, fencing, board, leaderboard.Rules{})
	known := mustApply(t, fencing, add("s", 1, "m", 1)).Head
	known.Version++
	var once sync.Once
	deleting := server.Clients()
	deleting.Write.AddHook(before(func(cmd string) {
		if cmd == "evalsha" { // it has read the head
			once.Do(func() {
				if _, begun := mustFence(t, fencing, known); !begun {
					t.Error("no epoch was begun")
				}
			})
		}
	}))
	if err := redisboard.New(deleting, cfg).Delete(ctx, board); err != nil {
		t.Fatal(err)
	}
	if heads, err := fencing.Heads(ctx, []string{board}); err != nil || heads[board] != (leaderboard.Head{}) {
		t.Errorf("the board is there: %+v, %v", heads, err)
	}
}

// A board that goes on in another epoch is still the same board.
func TestFenceKeepsTheOrigin(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{})
	first := mustPut(t, s, board, leaderboard.Rules{}).Head.Epoch
	mustApply(t, s, add("s", 1, "m", 1))
	kept := dumpAll(t, server)
	for range 3 { // each forgets what came after the last
		known := mustApply(t, s, add("s", 2, "m", 1)).Head
		forget(t, server, kept)
		head, begun := mustFence(t, s, known)
		if !begun || head.Epoch == known.Epoch {
			t.Fatalf("fence: %+v, %v", head, begun)
		}
		at, _, err := s.Source(ctx, board, "s")
		claimed, _, claimErr := s.Claim(ctx, board, "s")
		proven, proveErr := s.Prove(ctx, board, []string{"s"}, "")
		a, archiveErr := s.Archive(ctx, board)
		if err := errors.Join(err, claimErr, proveErr, archiveErr); err != nil {
			t.Fatal(err)
		}
		for who, origin := range map[string]string{"Source": at.Origin, "Claim": claimed.Origin, "Prove": proven.Sources[0].Origin, "Archive": a.Origin} {
			if origin != first {
				t.Errorf("%s says origin %q; it began as %q", who, origin, first)
			}
		}
		kept = dumpAll(t, server)
	}
}
