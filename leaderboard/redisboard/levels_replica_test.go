package redisboard_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

// startPair runs a primary and a replica that has its data.
func startPair(tb testing.TB, args ...string) (primary, replica *redistest.Server) {
	tb.Helper()
	args = append([]string{"--repl-diskless-sync-delay", "0"}, args...)
	primary = redistest.Start(tb, args...)
	host, port, _ := net.SplitHostPort(primary.Addr)
	replica = redistest.Start(tb, append(args, "--replicaof", host+" "+port)...)
	until(tb, "the replica follows", func() bool {
		return strings.Contains(primary.Clients().Read.Info(ctx, "replication").Val(), "state=online")
	})
	return primary, replica
}

func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
	}
}

func applyAt(tb testing.TB, s *redisboard.Store, level leaderboard.Level, name string, batch ...leaderboard.Event) leaderboard.Outcome {
	tb.Helper()
	out, err := s.Apply(ctx, name, batch, level)
	if err != nil {
		tb.Fatalf("apply to %s at level %s: %v", name, level, err)
	}
	return out
}

func proveAt(tb testing.TB, s *redisboard.Store, level leaderboard.Level) leaderboard.Standing {
	tb.Helper()
	at, err := s.Prove(ctx, board, []string{"s"}, level)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func wantProof(tb testing.TB, got leaderboard.Proof, level leaderboard.Level, short string) {
	tb.Helper()
	if got.Level != level || short == "" != (got.Short == "") || !strings.Contains(got.Short, short) {
		tb.Errorf("proof %+v; want %s, and %q missing", got, level, short)
	}
}

// wantOnceProven sends an event again until the level is proven: it is a
// duplicate every time.
func wantOnceProven(tb testing.TB, s *redisboard.Store, level leaderboard.Level, name string, e leaderboard.Event) {
	tb.Helper()
	until(tb, "proof of "+name, func() bool {
		out := applyAt(tb, s, level, name, e)
		if res := out.Results[0]; res.Status != leaderboard.Duplicate || *res.Score != e.Score {
			tb.Fatalf("sent again: %+v", res)
		}
		return out.Proof == leaderboard.Proof{Level: level}
	})
}

func TestTooFewReplicasIsNoAck(t *testing.T) {
	primary, replica := startPair(t)
	s := newStore(t, primary, redisboard.Config{Prefix: "p", AckWait: 200 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	until(t, "a proof while all is well", func() bool {
		return proveAt(t, s, leaderboard.LevelReplica).Proof.Level == leaderboard.LevelReplica
	})
	// Another node has its connections already, from before the event.
	other := newStore(t, primary, redisboard.Config{Prefix: "p", AckWait: 200 * time.Millisecond})
	proveAt(t, other, leaderboard.LevelReplica)

	replica.Freeze()
	defer replica.Thaw()
	const missing = "0 of 1 replicas within 200ms"
	e := add("s", 1, "m", 1)
	out := applyAt(t, s, leaderboard.LevelReplica, board, e)
	if out.Results[0].Status != leaderboard.Applied || out.Delta == nil {
		t.Errorf("the event: %+v", out)
	}
	wantProof(t, out.Proof, leaderboard.LevelMemory, missing)
	for _, node := range []*redisboard.Store{s, other, newStore(t, primary, redisboard.Config{Prefix: "p", AckWait: 200 * time.Millisecond})} {
		again := applyAt(t, node, leaderboard.LevelReplica, board, e)
		if again.Results[0].Status != leaderboard.Duplicate {
			t.Errorf("sent again: %+v", again.Results[0])
		}
		wantProof(t, again.Proof, leaderboard.LevelMemory, missing)
		wantProof(t, proveAt(t, node, leaderboard.LevelReplica).Proof, leaderboard.LevelMemory, missing)
	}
	wantProof(t, applyAt(t, s, leaderboard.LevelMemory, board, e).Proof, leaderboard.LevelMemory, "")
	replica.Thaw()
	wantOnceProven(t, other, leaderboard.LevelReplica, board, e)

	two := newStore(t, primary, redisboard.Config{Prefix: "p", Replicas: 2, AckWait: 50 * time.Millisecond})
	wantProof(t, proveAt(t, two, leaderboard.LevelReplica).Proof, leaderboard.LevelMemory, "1 of 2 replicas")
}

// Since Redis 7.2 WAIT speaks of the connection's last write, not of its last
// command: what writes nothing of its own has no proof.
func TestAProofHasAWriteOfItsOwn(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server, redisboard.Config{AckWait: 10 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	mustApply(t, s, add("s", 1, "m", 1))
	clients := server.Clients()
	writes := func(what string, want bool, do func()) {
		t.Helper()
		// Not the replication offset: WAIT itself moves that, to ask the replicas.
		count := func() string {
			_, stats, _ := strings.Cut(clients.Read.Info(ctx, "commandstats").Val(), "cmdstat_hset:")
			calls, _, ok := strings.Cut(stats, ",")
			if !ok {
				t.Fatal("nothing was ever written")
			}
			return calls
		}
		before := count()
		if do(); before != count() != want {
			t.Errorf("%s writes: %v, want %v", what, !want, want)
		}
	}
	for _, level := range []leaderboard.Level{leaderboard.LevelMemory, leaderboard.LevelDisk, leaderboard.LevelReplica, leaderboard.LevelBoth} {
		proof := level != leaderboard.LevelMemory
		writes("a duplicate at level "+string(level), proof, func() { applyAt(t, s, level, board, add("s", 1, "m", 1)) })
		writes("a gap at level "+string(level), proof, func() { applyAt(t, s, level, board, add("s", 9, "m", 1)) })
		writes("Prove at level "+string(level), proof, func() { proveAt(t, s, level) })
	}
	if head, entries := mustRead(t, s); head.Version != 1 || entries["m"].Score != 1 {
		t.Errorf("the board after that: %+v, %+v", head, entries)
	}
}

func TestAProofWhoseAnswerIsLostIsTrue(t *testing.T) {
	primary, replica := startPair(t)
	p := startProxy(t, primary.Addr)
	clients := redistest.Open(t, "redis://"+p.listener.Addr().String())
	s := redisboard.New(clients, redisboard.Config{Resend: 20 * time.Second})
	mustPut(t, s, board, leaderboard.Rules{})
	applyAt(t, s, leaderboard.LevelReplica, board, add("s", 1, "m", 1)) // the connection and the script are there
	wantOnceProven(t, s, leaderboard.LevelReplica, board, add("s", 1, "m", 1))

	p.swallow.Store(1) // the first answer: of the script, or of all
	out := applyAt(t, s, leaderboard.LevelReplica, board, add("s", 2, "m", 1))
	if p.lost.Load() != 1 || out.Results[0].Status != leaderboard.Duplicate {
		t.Errorf("%d answers lost: %+v", p.lost.Load(), out.Results[0])
	}
	wantProof(t, out.Proof, leaderboard.LevelReplica, "")

	replica.Freeze()
	defer replica.Thaw()
	direct := primary.Clients().Read
	var done sync.WaitGroup
	done.Go(func() {
		out, err := s.Apply(ctx, board, []leaderboard.Event{add("s", 3, "m", 1)}, leaderboard.LevelReplica)
		if err != nil {
			t.Error(err)
			return
		}
		wantProof(t, out.Proof, leaderboard.LevelMemory, "0 of 1 replicas")
		if res := out.Results[0]; res.Status != leaderboard.Duplicate || *res.Score != 3 {
			t.Errorf("sent again: %+v", res)
		}
	})
	until(t, "WAIT holds the answer back", func() bool {
		return strings.Contains(direct.Info(ctx, "clients").Val(), "blocked_clients:1")
	})
	p.swallow.Store(1) // the answer of WAIT
	done.Wait()
	if p.lost.Load() != 2 {
		t.Errorf("%d answers lost", p.lost.Load())
	}
}

func TestWhatAReplicaHoldsOutlivesAFailover(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a Sentinel set")
	}
	set := redistest.StartSentinel(t, 1)
	s := redisboard.New(set.Clients(), redisboard.Config{Resend: 100 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	const some = 200
	proven := make(chan struct{}) // closed after so many
	var acked uint64
	var pusher sync.WaitGroup
	pusher.Go(func() {
		for seq := uint64(1); ; {
			out, err := s.Apply(ctx, board, []leaderboard.Event{add("s", seq, "m", 1)}, leaderboard.LevelReplica)
			if err != nil {
				return // the primary is gone
			}
			if out.Proof.Level == leaderboard.LevelReplica {
				if acked, seq = seq, seq+1; acked == some {
					close(proven)
				}
			}
		}
	})
	<-proven
	set.Failover()
	pusher.Wait()
	again := redisboard.New(set.Clients(), redisboard.Config{Resend: 30 * time.Second})
	at, err := again.Prove(ctx, board, []string{"s"}, leaderboard.LevelMemory)
	if err != nil || acked < some || at.Sources[0].Seq < acked {
		t.Fatalf("%d events were acked, the new primary has %+v, %v", acked, at.Sources, err)
	}
	if _, entries := mustRead(t, again); entries["m"].Score != float64(at.Sources[0].Seq) {
		t.Errorf("score %v after seq %d", entries["m"].Score, at.Sources[0].Seq)
	}
	// The replica is the primary now and has none of its own.
	wantProof(t, proveAt(t, again, leaderboard.LevelReplica).Proof, leaderboard.LevelMemory, "0 of 1 replicas within "+redisconn.MaxWait.String())
}
