package redisboard_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// Whatever a member, a name or a cell holds, it is read as it was written.
func TestTextsComeBackAsTheyWereSent(t *testing.T) {
	s := newStore(t, redistest.Start(t), redisboard.Config{})
	start := mustPut(t, s, board, leaderboard.Rules{Tie: leaderboard.Given}).Head
	want := map[string]leaderboard.Entry{}
	for i, text := range []string{
		"a:b", "{b:x}:h", "a|b", "a\nb", "a\r\nb", "\x00", "\xa0\xd9\xff", " ", "-1", "1e300", "%d%s%%", "'\"\\", "$-1",
		strings.Repeat("€", 42) + "ab", strings.Repeat("x", 31), strings.Repeat("x", 32), strings.Repeat("x", 128),
	} {
		long := strings.Repeat(text, 256/len(text))
		e := leaderboard.Entry{Member: text, Score: -0.1 * float64(i), Tie: int64(-i), Name: long, Group: text, Cells: leaderboard.Cells{text: []byte(long), "tie": []byte(`"` + strings.Repeat("c", 300) + `"`)}}
		if e.Score == 0 {
			e.Score = 0 // not −0
		}
		mustApply(t, s, leaderboard.Event{Member: e.Member, Op: leaderboard.Set, Score: e.Score, Tie: &e.Tie, Name: &e.Name, Group: &e.Group, Cells: e.Cells, ID: text})
		want[text] = e
	}
	full := leaderboard.Entry{Member: "full", Cells: leaderboard.Cells{}}
	for i := range 15 {
		full.Cells[fmt.Sprintf("k%02d", i)] = []byte(`"` + strings.Repeat("x", 530) + `"`)
	}
	mustApply(t, s, leaderboard.Event{Member: "full", Op: leaderboard.Set, Cells: full.Cells, ID: "full"})
	want["full"] = full
	_, entries := mustRead(t, s)
	wantSameBoard(t, entries, want)
	_, folded := mustFold(t, s, start)
	wantSameBoard(t, folded, want)
}

func TestVersionsAreExactNearTheirEnd(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	head := mustPut(t, s, board, leaderboard.Rules{}).Head
	head.Version = 1<<53 - 100
	if err := server.Clients().Write.HSet(ctx, cfg.Prefix+":{b:b}:h", "version", head.Version).Err(); err != nil {
		t.Fatal(err)
	}
	prev := head.Version
	for seq := uint64(1); seq <= 90; seq += 2 {
		out := mustApply(t, s, add("s", seq, "m", 1), add("s", seq+1, "n", 1))
		if out.Head.Version != prev+2 || out.Results[0].Version != prev+1 || out.Delta.From != prev || out.Delta.Rows[0].Tie != int64(prev+1) {
			t.Fatalf("after version %d: %+v", prev, out)
		}
		prev += 2
	}
	info, delta, _, err := s.Put(ctx, board, leaderboard.Rules{Title: "T"})
	if err != nil || info.Head.Version != prev+1 || delta.From != prev {
		t.Fatalf("Put: %+v, %+v, %v", info, delta, err)
	}
	at, entries := mustRead(t, s)
	if at.Version != 1<<53-9 || entries["n"].Tie != 1<<53-10 {
		t.Errorf("snapshot at %d, tie %d", at.Version, entries["n"].Tie)
	}
	first := leaderboard.Head{Epoch: head.Epoch, Version: 1<<53 - 98, Chain: mustChainAt(t, server, cfg, 1<<53-98)}
	deltas, err := s.Changes(ctx, board, first)
	if err != nil || len(deltas) != 45 {
		t.Errorf("%d changes, %v", len(deltas), err)
	}
}

func mustChainAt(t *testing.T, server *redistest.Server, cfg redisboard.Config, version uint64) string {
	t.Helper()
	id := fmt.Sprint(version, "-0")
	found, err := server.Clients().Read.XRange(ctx, cfg.Prefix+":{b:b}:l", id, id).Result()
	if err != nil || len(found) != 1 {
		t.Fatalf("entry %s: %v, %v", id, found, err)
	}
	return found[0].Values["chain"].(string)
}

// Seqs beyond what a script can count are still one after the other.
func TestSeqsAreExactUpToTheLast(t *testing.T) {
	server, cfg := redistest.Start(t), redisboard.Config{Prefix: newPrefix()}
	s := newStore(t, server, cfg)
	mustPut(t, s, board, leaderboard.Rules{})
	for _, last := range []uint64{999_999_999_999_997, 1<<53 - 3, 999_999_999_999_999_997, math.MaxUint64 - 3} {
		if err := server.Clients().Write.HSet(ctx, cfg.Prefix+":{b:b}:s", "s", last).Err(); err != nil {
			t.Fatal(err)
		}
		for seq := last + 1; seq <= last+2; seq++ {
			ahead, patch := add("s", seq+1, "m", 1), leaderboard.Event{Member: "nobody", Op: leaderboard.Patch, Source: "s", Seq: seq}
			out := mustApply(t, s, ahead, patch, patch, add("s", seq-1, "m", 1))
			if r := out.Results[0]; r.Refusal == nil || r.Refusal.Code != leaderboard.CodeGap || r.Refusal.Expected != seq {
				t.Errorf("seq %d after %d: %+v", seq+1, seq-1, r)
			}
			for _, r := range out.Results[1:3] {
				if r.Refusal == nil || r.Refusal.Code != leaderboard.CodeUnknownMember {
					t.Errorf("seq %d: %+v", seq, r)
				}
			}
			if state, _, err := s.Source(ctx, board, "s"); err != nil || state.Seq != seq {
				t.Errorf("source at %+v, %v; want %d", state, err, seq)
			}
		}
		if r := mustApply(t, s, add("s", 5, "m", 1)).Results[0]; r.Status != leaderboard.Duplicate {
			t.Errorf("seq 5 after %d: %+v", last, r)
		}
	}
}

func TestADamagedChangelogIsAnError(t *testing.T) {
	server := redistest.Start(t)
	redis := server.Clients().Write
	for what, damage := range map[string]map[string]any{
		"rows":        {"rows": "\xdc\xff\xff"},
		"other rows":  {"rows": "\x92\xa1m\xa0"},
		"chain":       {"chain": "0"},
		"from":        {"from": "x"},
		"rules":       {"rules": "{"},
		"no rows":     {"rows": nil},
		"no chain":    {"chain": nil},
		"nothing":     {"rows": nil, "chain": nil, "from": nil},
		"backwards":   {"from": "9"},
		"from itself": {"from": "2"},
	} {
		cfg := redisboard.Config{Prefix: newPrefix()}
		s, key := newStore(t, server, cfg), cfg.Prefix+":{b:b}:l"
		start := mustPut(t, s, board, leaderboard.Rules{}).Head
		mustApply(t, s, add("s", 1, "m", 1))
		mustApply(t, s, add("s", 2, "m", 1))
		entries, err := redis.XRange(ctx, key, "-", "+").Result()
		if err != nil {
			t.Fatal(err)
		}
		redis.Del(ctx, key)
		for i, m := range entries {
			if i == 1 {
				maps.Copy(m.Values, damage)
			}
			args := []any{"XADD", key, m.ID, "x", "y"}
			for name, value := range m.Values {
				if value != nil {
					args = append(args, name, value)
				}
			}
			if err := redis.Do(ctx, args...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		deltas, err := s.Changes(ctx, board, start)
		if !errors.Is(err, leaderboard.ErrGone) || !strings.Contains(err.Error(), "entry 2-0") {
			t.Errorf("%s: %+v, %v", what, deltas, err)
		}
		_, err = s.Changes(ctx, board, leaderboard.Head{})
		if !errors.Is(err, leaderboard.ErrGone) || !strings.Contains(err.Error(), "entry 2-0") {
			t.Errorf("%s, all: %v", what, err)
		}
		if _, board := mustRead(t, s); board["m"].Score != 2 {
			t.Errorf("%s: the snapshot has %+v", what, board)
		}
	}
}

func TestABatchOverTheLimitIsRefusedWhole(t *testing.T) {
	s := newStore(t, redistest.Start(t), redisboard.Config{})
	mustPut(t, s, board, leaderboard.Rules{})
	batch := make([]leaderboard.Event, redisboard.MaxBatch+1)
	for i := range batch {
		batch[i] = add("s", uint64(i+1), "m", 1)
	}
	if _, err := s.Apply(ctx, board, batch, ""); err == nil || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("err %v", err)
	}
	if state, _, err := s.Source(ctx, board, "s"); err != nil || state.Seq != 0 {
		t.Errorf("source at %+v, %v", state, err)
	}
}
