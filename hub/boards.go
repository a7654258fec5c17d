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
	// Apply takes one batch in one atomic step and tries to prove the level of
	// it; the outcome says what was proven, also of the events that it calls
	// duplicates. leaderboard.ErrUnavailable means that nothing of it is known to
	// be applied; send the same batch again.
	Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error)
	// MaxLevel is the best level that a store of this kind can ever prove.
	MaxLevel() leaderboard.Level
	// Prove tells where sources stand and tries to prove the level of that.
	Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error)
	// Source tells where a source stands; one never seen has seq 0.
	Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	// Claim raises the source's generation, which fences its older senders.
	Claim(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error)
	// Changes returns the changelog after a head, oldest first, empty if the
	// head is current; after the zero Head, from the oldest head of the epoch
	// that it reaches back to. leaderboard.ErrGone if it does not reach back, or
	// the head is of another history, or an entry is damaged (then it is
	// leaderboard.ErrDamaged too).
	Changes(ctx context.Context, board string, after leaderboard.Head) ([]leaderboard.Delta, error)
	// Snapshot returns the board as it is at one head.
	Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error)
	// Heads returns the heads of boards by name, the zero Head for one that is
	// not there. Those that could not be read are missing, and the error says
	// why. It is cheap: every node asks once a second for every board it serves.
	Heads(ctx context.Context, boards []string) (map[string]leaderboard.Head, error)

	// Fence compares a head that the board once had with the store's history, in
	// one step. If the head is not of it, or that can no longer be told, acked
	// events may be lost: the board begins a new epoch, once, however many ask.
	// It returns the head there is now and whether this call began its epoch. A
	// head of an epoch that has ended changes nothing.
	Fence(ctx context.Context, board string, known leaderboard.Head) (head leaderboard.Head, begun bool, err error)
	// Ended reports whether the epoch of a board that is not there was ended by
	// Delete; if not, the store has lost it.
	Ended(ctx context.Context, board, epoch string) (bool, error)
	// Sample returns the best 100 entries as the store holds them;
	// leaderboard.ErrDamaged if what it holds contradicts itself.
	Sample(ctx context.Context, board string) (leaderboard.Sample, error)
	// Check compares all parts of the board, as the store holds them, with each
	// other, while writes go on; leaderboard.ErrDamaged says where they differ. It
	// may take seconds for a million members: it is for people who ask.
	Check(ctx context.Context, board string) error
	// Archive returns the board with its sources, at one head.
	Archive(ctx context.Context, board string) (leaderboard.Archive, error)
	// Restore makes a board of an archive: the same rules, entries, ties, version
	// and sources, in a new epoch. leaderboard.ErrExists if there is one.
	Restore(ctx context.Context, board string, a leaderboard.Archive) (leaderboard.Info, error)
}
