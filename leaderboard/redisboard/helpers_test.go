package redisboard_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

const board = "b"

var (
	ctx      = context.Background()
	prefixes atomic.Int64
)

// newStore opens a store under a prefix of its own, so that one server serves
// many tests.
func newStore(tb testing.TB, server *redistest.Server, cfg redisboard.Config) *redisboard.Store {
	tb.Helper()
	if cfg.Prefix == "" {
		cfg.Prefix = newPrefix()
	}
	return redisboard.New(server.Clients(), cfg)
}

func newPrefix() string { return fmt.Sprintf("t%d-%d", os.Getpid(), prefixes.Add(1)) }

func mustPut(tb testing.TB, s *redisboard.Store, name string, rules leaderboard.Rules) leaderboard.Info {
	tb.Helper()
	info, _, _, err := s.Put(ctx, name, rules)
	if err != nil {
		tb.Fatal(err)
	}
	return info
}

func mustApply(tb testing.TB, s *redisboard.Store, batch ...leaderboard.Event) leaderboard.Outcome {
	tb.Helper()
	out, err := s.Apply(ctx, board, batch, "")
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// mustRead returns the board as its snapshot shows it.
func mustRead(tb testing.TB, s *redisboard.Store) (leaderboard.Head, map[string]leaderboard.Entry) {
	tb.Helper()
	snap, err := s.Snapshot(ctx, board)
	if err != nil {
		tb.Fatal(err)
	}
	entries := map[string]leaderboard.Entry{}
	for e := range snap.Entries {
		entries[e.Member] = e
	}
	return snap.Head, entries
}

// mustFold returns the board as its changelog from after tells it.
func mustFold(tb testing.TB, s *redisboard.Store, after leaderboard.Head) (leaderboard.Head, map[string]leaderboard.Entry) {
	tb.Helper()
	deltas, err := s.Changes(ctx, board, after)
	if err != nil {
		tb.Fatal(err)
	}
	entries := map[string]leaderboard.Entry{}
	for _, d := range deltas {
		if d.From != after.Version || d.PrevChain != after.Chain {
			tb.Fatalf("delta %d to %d does not follow %+v", d.From, d.To, after)
		}
		for _, row := range d.Rows {
			if delete(entries, row.Member); !row.Removed {
				entries[row.Member] = row.Entry
			}
		}
		after = d.Head()
	}
	return after, entries
}

func wantSameBoard(tb testing.TB, got, want map[string]leaderboard.Entry) {
	tb.Helper()
	for _, member := range slices.Sorted(maps.Keys(want)) {
		if !reflect.DeepEqual(got[member], want[member]) {
			tb.Fatalf("%q is %+v, want %+v", member, got[member], want[member])
		}
	}
	if len(got) != len(want) {
		tb.Fatalf("%d entries, want %d", len(got), len(want))
	}
}

func add(source string, seq uint64, member string, by float64) leaderboard.Event {
	return leaderboard.Event{Member: member, Op: leaderboard.Incr, Score: by, Source: source, Seq: seq}
}
