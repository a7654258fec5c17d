package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// newRedisPair starts two nodes with the default pauses on a real Redis.
func newRedisPair(t *testing.T, change ...func(*hub.Config)) (a, b *testNode, store *redisboard.Store, server *redistest.Server) {
	t.Helper()
	server = redistest.Start(t)
	store = redisboard.New(server.Clients(), redisboard.Config{})
	a, b, _ = newPairOn(t, store, append([]func(*hub.Config){func(c *hub.Config) { c.HeadPoll = time.Second }}, change...)...)
	return a, b, store, server
}

// save makes the server restart as it is now, whatever comes.
func save(t testing.TB, server *redistest.Server) {
	t.Helper()
	if err := server.Clients().Write.Save(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}

// A Redis that restarts from a dump of 100 events, and then has 105 again.
func TestRedisThatForgotIsNoticed(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		t.Run(fmt.Sprintf("same version again %v", quiet), func(t *testing.T) {
			a, b, store, server := newRedisPair(t, func(c *hub.Config) {
				if quiet {
					c.HeadPoll = time.Hour // nobody looks before the versions meet
				}
			})
			a.board("b", wire.Rules{})
			for i := 1; i <= 105; i++ {
				if i == 101 {
					save(t, server)
				}
				a.push("b", event("s", i, "alice", float64(i)))
			}
			onA, first := a.watching("b")
			b.version("b", 105)
			onB, _ := b.watching("b")
			server.Kill()
			server.Restart()
			began := time.Now()
			want := uint64(100)
			if quiet {
				want = 105
				for i := 1; i <= 5; i++ {
					event := leaderboard.Event{Member: "bob", Op: leaderboard.Set, Score: float64(i), Source: "t", Seq: uint64(i)}
					if _, err := store.Apply(t.Context(), "b", []leaderboard.Event{event}, ""); err != nil {
						t.Fatal(err)
					}
				}
				began = time.Now()
				a.hub.StoreConnected()
				b.hub.StoreConnected()
			}
			epochs := map[string]bool{}
			for _, s := range []*testSession{onA, onB} {
				snap, deltas := nextSnapshot(t, s)
				if deltas > 0 || snap.Epoch == first.Epoch || snap.Version != want {
					t.Errorf("after %d deltas: %+v", deltas, snap)
				}
				epochs[snap.Epoch] = true
			}
			t.Logf("noticed, and shown on both nodes, after %v", time.Since(began).Round(time.Millisecond))
			if len(epochs) != 1 {
				t.Errorf("%d epochs are shown, want one", len(epochs))
			}
			if got := a.metrics() + b.metrics(); strings.Count(got, `rollcall_fences_total{outcome="begun"} 1`) != 1 {
				t.Error("the new epoch is not begun once")
			}
			wantStatuses(t, a.push("b", event("s", 101, "alice", 101)), "applied")
			for _, s := range []*testSession{onA, onB} {
				if f := s.next(); f.Delta == nil {
					t.Errorf("a second snapshot: %s", f.raw)
				}
			}
		})
	}
}

// A Redis without persistence that restarts has nothing; nobody is shown that.
func TestEmptyRedisIsLoudAndNeverASilentZero(t *testing.T) {
	a, b, store, server := newRedisPair(t)
	a.board("b", wire.Rules{})
	for i := 1; i <= 10; i++ {
		a.push("b", event("s", i, fmt.Sprint("m", i), float64(i)))
	}
	archive, err := store.Archive(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	a.version("b", 10)
	b.version("b", 10)
	onA, first := a.watching("b")
	onB, _ := b.watching("b")
	server.Kill()
	server.Restart()
	wantStatuses(t, a.push("b", event("s", 11, "m1", 11)), "unavailable board")
	for _, n := range []*testNode{a, b} {
		within(t, "the loss to be noticed", func() bool {
			status, raw := n.call("GET", "/readyz", nil)
			return status == 503 && contains(raw, "the store has lost board b")
		})
		wantStatuses(t, n.push("b", event("s", 11, "m1", 11)), "unavailable board")
		n.wantFault(wire.Unavailable, "board", "POST", "/v1/boards/b/sources/s/claim", nil)
		if p := n.page("b", ""); p.Total != 10 {
			t.Errorf("page %+v", p)
		}
	}
	if _, err := store.Restore(t.Context(), "b", archive); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*testSession{onA, onB} {
		if snap, deltas := nextSnapshot(t, s); deltas > 0 || snap.Epoch == first.Epoch || len(snap.Entries) != 10 {
			t.Errorf("after %d deltas: %+v", deltas, snap)
		}
	}
	for _, n := range []*testNode{a, b} {
		n.want(200, "GET", "/readyz", nil, nil)
	}
	wantStatuses(t, b.push("b", event("s", 11, "m1", 11)), "applied")
}

func TestLostBoardOfRedisIsDeletedAndMadeAnew(t *testing.T) {
	a, b, _, server := newRedisPair(t)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 1))
	b.version("b", 1)
	server.Kill()
	server.Restart()
	for _, n := range []*testNode{a, b} {
		within(t, "the loss to be noticed", func() bool { return strings.Contains(n.metrics(), "rollcall_boards_lost 1") })
	}
	a.want(204, "DELETE", "/v1/boards/b", nil, nil)
	a.board("b", wire.Rules{})
	for _, n := range []*testNode{a, b} {
		within(t, "the nodes to be ready", func() bool { status, _ := n.call("GET", "/readyz", nil); return status == 200 })
	}
	wantStatuses(t, b.push("b", event("s", 1, "ann", 2)), "applied")
}

func TestRedisIsAudited(t *testing.T) {
	a, b, _, server := newRedisPair(t, quickAudit)
	a.board("b", wire.Rules{})
	for i := 1; i <= 300; i++ { // more than a sample
		a.push("b", map[string]any{
			"member": fmt.Sprint("m", i), "op": "set", "score": i % 50, "name": fmt.Sprint("M", i), "group": "g",
			"cells": map[string]any{"A": map[string]any{"text": "+1"}}, "source": "s", "seq": i,
		})
	}
	b.version("b", 300)
	a.audits("same")
	b.audits("same")
	if got := a.metrics() + b.metrics(); strings.Contains(got, `result="mismatch"`) || strings.Contains(got, `result="damaged"`) {
		t.Errorf("a sound board was found wrong")
	}
	c := server.Clients().Write
	for _, key := range c.Keys(t.Context(), "*").Val() { // somebody's hand in the store
		if c.Type(t.Context(), key).Val() == "zset" && c.ZCard(t.Context(), key).Val() == 300 {
			c.ZAdd(t.Context(), key, redis.Z{Member: "stranger", Score: 1})
		}
	}
	within(t, "the stranger to be found", func() bool {
		got := a.metrics()
		return strings.Contains(got, `result="mismatch"`) || strings.Contains(got, `result="damaged"`)
	})
}

func TestRedisIsBackWithinASecondOfItsReturn(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	store := redisboard.New(server.Clients(), redisboard.Config{})
	a, _, _ := newPairOn(t, store)
	a.board("b", wire.Rules{})
	seq := 0
	push := func() wire.Result { return a.push("b", event("s", seq+1, "ann", float64(seq)))[0] }
	push()
	seq++
	server.Kill()
	within(t, "the breaker to open", func() bool {
		push()
		return strings.Contains(a.metrics(), "rollcall_breaker_open 1")
	})
	server.Restart()
	began := time.Now()
	within(t, "a push", func() bool { return push().Status == wire.Applied })
	t.Logf("taken again %v after Redis was ready", time.Since(began).Round(time.Millisecond))
}
