// Package boardtest is the contract of a store of boards as tests: every
// driver passes Run, and so behaves as every other.
//
//	func TestBoards(t *testing.T) {
//		boardtest.Run(t, func(tb testing.TB, o boardtest.Options) boardtest.Store { … })
//	}
package boardtest

import (
	"context"
	"testing"
	"time"

	"rollcall/leaderboard"
)

// Store is the shape of hub.Boards.
type Store interface {
	List(ctx context.Context) ([]leaderboard.Info, error)
	Put(ctx context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error)
	Delete(ctx context.Context, board string) error
	Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error)
	MaxLevel() leaderboard.Level
	Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error)
	Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	Claim(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	Changes(ctx context.Context, board string, after leaderboard.Head) ([]leaderboard.Delta, error)
	Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error)
	Heads(ctx context.Context, boards []string) (map[string]leaderboard.Head, error)
	Fence(ctx context.Context, board string, known leaderboard.Head) (head leaderboard.Head, begun bool, err error)
	Ended(ctx context.Context, board, epoch string) (bool, error)
	Sample(ctx context.Context, board string) (leaderboard.Sample, error)
	Check(ctx context.Context, board string) error
	Archive(ctx context.Context, board string) (leaderboard.Archive, error)
	Restore(ctx context.Context, board string, a leaderboard.Archive) (leaderboard.Info, error)
}

// Reopener is a Store that survives its process. Reopen closes it and returns
// one that has read everything back.
type Reopener interface {
	Store
	Reopen(tb testing.TB) Store
}

// Options is what a test asks of the store it opens.
type Options struct {
	IDWindow time.Duration    // 0 = the driver's default
	IDLimit  int              // 0 = the driver's default
	Now      func() time.Time // clock of the id window; nil = time.Now
	// ChangelogEntries bounds the changelog; 0 = the driver's default. A driver
	// may keep more.
	ChangelogEntries int
}

// Open opens an empty store that the test owns; tb.Cleanup closes it.
type Open func(tb testing.TB, o Options) Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range []map[string]func(*testing.T, Open){identityTests, operationTests, boardTests, readTests, levelTests, historyTests, archiveTests, originTests} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(t, open) })
		}
	}
	t.Run("RandomModel", func(t *testing.T) { runModel(t, open) })
}
