package hub

import (
	"context"

	"rollcall/leaderboard"
)

// Boards is the store of boards. Every method may block on the store and is
// safe for concurrent use. Unknown boards fail with
// leaderboard.ErrUnknownBoard.
type Boards interface {
	// List returns every board, by name.
	List(ctx context.Context) ([]leaderboard.Info, error)
	// Put creates the board or changes its rules. The same rules again change
	// nothing; another order or tie while the board has entries is
	// leaderboard.ErrRulesFixed. Delta is nil unless an existing board changed.
	Put(ctx context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error)
	// Delete ends the board and its epoch.
	Delete(ctx context.Context, board string) error
	// Apply takes one batch in one atomic step: when it returns nil the results
	// are as durable as the store promises. leaderboard.ErrUnavailable means
	// that nothing of it is known to be applied; send the same batch again.
	Apply(ctx context.Context, board string, batch []leaderboard.Event) (leaderboard.Outcome, error)
	// Source tells where a source stands; one never seen has seq 0.
	Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	// Claim raises the source's generation, which fences its older senders.
	Claim(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	// Changes returns the changelog after a head, oldest first, empty if the
	// head is current; leaderboard.ErrGone if it does not reach back, or the
	// head is of another history.
	Changes(ctx context.Context, board string, after leaderboard.Head) ([]leaderboard.Delta, error)
	// Snapshot returns the board as it is at one head.
	Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error)
	// Heads returns the heads of boards by name, the zero Head for one that is
	// not there. Those that could not be read are missing, and the error says
	// why. It is cheap: every node asks once a second for every board it serves.
	Heads(ctx context.Context, boards []string) (map[string]leaderboard.Head, error)
}
