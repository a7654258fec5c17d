package redisboard_test

import (
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn"
	"rollcall/redisconn/redistest"
)

func TestTheDiskIsProvenOnlyByAnFsync(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := newStore(t, server, redisboard.Config{AckWait: 20 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	e := add("s", 1, "m", 1)
	wantProof(t, applyAt(t, s, leaderboard.LevelDisk, board, e).Proof, leaderboard.LevelDisk, "")
	wantProof(t, applyAt(t, s, leaderboard.LevelDisk, board, e).Proof, leaderboard.LevelDisk, "")
	wantProof(t, proveAt(t, s, leaderboard.LevelDisk).Proof, leaderboard.LevelDisk, "")
	wantProof(t, applyAt(t, s, leaderboard.LevelMemory, board, e).Proof, leaderboard.LevelMemory, "")
	wantProof(t, applyAt(t, s, leaderboard.LevelBoth, board, e).Proof, leaderboard.LevelDisk, "0 of 1 replicas")
	admin := server.Clients().Write
	for _, tc := range []struct{ name, value, back, missing string }{
		{"appendfsync", "everysec", "always", "appendfsync is everysec, not always"},
		{"appendfsync", "no", "always", "appendfsync is no, not always"},
		{"no-appendfsync-on-rewrite", "yes", "no", "no-appendfsync-on-rewrite is yes"},
		{"appendonly", "no", "no", "no append-only file"}, // on again means a rewrite, which is not done at once
	} {
		if err := admin.ConfigSet(ctx, tc.name, tc.value).Err(); err != nil {
			t.Fatal(err)
		}
		wantProof(t, applyAt(t, s, leaderboard.LevelDisk, board, e).Proof, leaderboard.LevelMemory, tc.missing)
		wantProof(t, proveAt(t, s, leaderboard.LevelDisk).Proof, leaderboard.LevelMemory, tc.missing)
		if err := admin.ConfigSet(ctx, tc.name, tc.back).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBothIsDiskAndReplicas(t *testing.T) {
	primary, replica := startPair(t, "--appendonly", "yes", "--appendfsync", "always")
	s := newStore(t, primary, redisboard.Config{AckWait: 200 * time.Millisecond})
	mustPut(t, s, board, leaderboard.Rules{})
	e := add("s", 1, "m", 1)
	applyAt(t, s, leaderboard.LevelBoth, board, e)
	wantOnceProven(t, s, leaderboard.LevelBoth, board, e)
	replica.Freeze()
	defer replica.Thaw()
	wantProof(t, applyAt(t, s, leaderboard.LevelBoth, board, add("s", 2, "m", 1)).Proof, leaderboard.LevelDisk, "0 of 1 replicas")
	if err := primary.Clients().Write.ConfigSet(ctx, "appendfsync", "everysec").Err(); err != nil {
		t.Fatal(err)
	}
	wantProof(t, applyAt(t, s, leaderboard.LevelBoth, board, add("s", 3, "m", 1)).Proof, leaderboard.LevelMemory, "everysec, not always; 0 of 1")
	replica.Thaw()
	until(t, "the replica's part alone", func() bool {
		return proveAt(t, s, leaderboard.LevelBoth).Proof.Level == leaderboard.LevelReplica
	})
}

func TestWhatMayNotBeAskedIsNotProven(t *testing.T) {
	server, _ := startPair(t, "--appendonly", "yes", "--appendfsync", "always")
	if err := server.Clients().Write.Do(ctx, "ACL", "SETUSER", "bot", "on", ">secret", "~*", "+@all", "-config", "-wait").Err(); err != nil {
		t.Fatal(err)
	}
	s := redisboard.New(redistest.Open(t, "redis://bot:secret@"+server.Addr), redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	out := applyAt(t, s, leaderboard.LevelBoth, board, add("s", 1, "m", 1))
	wantProof(t, out.Proof, leaderboard.LevelMemory, "does not say whether it fsyncs; the store does not say what its replicas hold")
	if out.Results[0].Status != leaderboard.Applied {
		t.Errorf("the event: %+v", out.Results[0])
	}
}

func TestAScriptThatIsForgottenIsSentWithItsProof(t *testing.T) {
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := newStore(t, server, redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	for seq := uint64(1); seq <= 2; seq++ {
		if err := server.Clients().Write.ScriptFlush(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		out := applyAt(t, s, leaderboard.LevelDisk, board, add("s", seq, "m", 1))
		if res := out.Results[0]; res.Status != leaderboard.Applied || *res.Score != float64(seq) {
			t.Errorf("got %+v", res)
		}
		wantProof(t, out.Proof, leaderboard.LevelDisk, "")
	}
}

// An answer of WAIT that comes later than the client's patience is lost.
func TestWaitIsShorterThanTheClientsPatience(t *testing.T) {
	server := redistest.Start(t)
	for ask, want := range map[time.Duration]time.Duration{
		0: redisconn.MaxWait, time.Microsecond: redisconn.MaxWait, time.Minute: redisconn.MaxWait, time.Millisecond: time.Millisecond,
	} {
		s := newStore(t, server, redisboard.Config{AckWait: ask})
		mustPut(t, s, board, leaderboard.Rules{})
		wantProof(t, proveAt(t, s, leaderboard.LevelReplica).Proof, leaderboard.LevelMemory, "0 of 1 replicas within "+want.String())
	}
}
