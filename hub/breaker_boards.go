package hub

import (
	"context"
	"errors"
	"fmt"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// wary is the store as the hub calls it: a board that the store has lost, or
// whose events it does not take, is not asked for; names and the list, which
// anybody may ask for, are asked for once a second.
type wary struct {
	Boards
	hub     *Hub
	list    *brief[[]leaderboard.Info]
	missing *missing
}

func newWary(h *Hub, store Boards) *wary {
	return &wary{Boards: store, hub: h, list: newBrief[[]leaderboard.Info](h, 1), missing: newMissing()}
}

// Apply implements Boards. Errors of the store count for the breaker.
func (w *wary) Apply(ctx context.Context, board string, batch []leaderboard.Event, level leaderboard.Level) (leaderboard.Outcome, error) {
	if err := w.refuse(board); err != nil {
		return leaderboard.Outcome{}, err
	}
	out, err := w.Boards.Apply(ctx, board, batch, level)
	if ctx.Err() == nil {
		w.hub.breaker.report(board, err)
	}
	if err == nil {
		w.missing.there(board)
	}
	return out, w.explain(ctx, board, err)
}

// Prove implements Boards.
func (w *wary) Prove(ctx context.Context, board string, sources []string, level leaderboard.Level) (leaderboard.Standing, error) {
	if err := w.refuse(board); err != nil {
		return leaderboard.Standing{}, err
	}
	at, err := w.Boards.Prove(ctx, board, sources, level)
	return at, w.explain(ctx, board, err)
}

// Source implements Boards.
func (w *wary) Source(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	if err := w.hub.losses.fault(board); err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	state, head, err := w.Boards.Source(ctx, board, source)
	return state, head, w.explain(ctx, board, err)
}

// Claim implements Boards.
func (w *wary) Claim(ctx context.Context, board, source string) (leaderboard.SourceState, leaderboard.Head, error) {
	if err := w.hub.losses.fault(board); err != nil {
		return leaderboard.SourceState{}, leaderboard.Head{}, err
	}
	state, head, err := w.Boards.Claim(ctx, board, source)
	return state, head, w.explain(ctx, board, err)
}

func (w *wary) refuse(board string) error {
	if err := w.hub.losses.fault(board); err != nil {
		return err
	}
	return w.hub.breaker.refuse(board)
}

// explain tells a board that was never there from one that the store has lost
// and that no look at the heads has missed yet.
func (w *wary) explain(ctx context.Context, board string, err error) error {
	if !errors.Is(err, leaderboard.ErrUnknownBoard) {
		return err
	}
	epoch := w.hub.feeds.epoch(board)
	if epoch == "" {
		return err
	}
	switch ended, failed := w.Ended(ctx, board, epoch); {
	case failed != nil:
		return fmt.Errorf("%w: %w", leaderboard.ErrUnavailable, failed)
	case ended:
		return err
	}
	w.hub.poller.ask(board)
	return lostFault(board)
}

// Put implements Boards.
func (w *wary) Put(ctx context.Context, board string, rules leaderboard.Rules) (info leaderboard.Info, delta *leaderboard.Delta, created bool, err error) {
	info, delta, created, err = w.Boards.Put(ctx, board, rules)
	w.changed(board)
	return info, delta, created, err
}

// Delete implements Boards. The store does not know a board that it has lost:
// then the nodes forget it.
func (w *wary) Delete(ctx context.Context, board string) error {
	err := w.Boards.Delete(ctx, board)
	w.changed(board)
	if !errors.Is(err, leaderboard.ErrUnknownBoard) {
		return err
	}
	if w.hub.losses.has(board) {
		return nil // who asked tells all nodes
	}
	w.hub.bus.PublishRenewed(board) // another node may know that it was lost
	return err
}

// Restore implements Boards.
func (w *wary) Restore(ctx context.Context, board string, a leaderboard.Archive) (leaderboard.Info, error) {
	info, err := w.Boards.Restore(ctx, board, a)
	w.changed(board)
	return info, err
}

// changed forgets what was remembered of the board.
func (w *wary) changed(board string) {
	w.list.forget("")
	w.missing.forget(board)
}

// List implements Boards. Boards that the store has lost are in it, as they
// were.
func (w *wary) List(ctx context.Context) ([]leaderboard.Info, error) {
	if !w.hub.cfg.Shared {
		return w.Boards.List(ctx)
	}
	infos, err := w.list.get(ctx, "", w.Boards.List)
	if err != nil {
		return nil, err
	}
	return w.hub.feeds.withLost(infos), nil
}

// Snapshot implements Boards.
func (w *wary) Snapshot(ctx context.Context, board string) (leaderboard.Snapshot, error) {
	if !w.hub.cfg.Shared {
		return w.Boards.Snapshot(ctx, board)
	}
	turn, known := w.missing.look(board)
	if known {
		return leaderboard.Snapshot{}, leaderboard.ErrUnknownBoard
	}
	snap, err := w.Boards.Snapshot(ctx, board)
	if errors.Is(err, leaderboard.ErrUnknownBoard) {
		w.missing.note(board, turn)
	}
	return snap, err
}

// lostFault is what is told of a board that the store has lost.
func lostFault(board string) error {
	return fmt.Errorf("%w: %w: %w", leaderboard.ErrUnavailable, errWithheld, &wire.Error{
		Code: wire.Unavailable, Field: "board", RetryAfterMS: 1000,
		Message: "the store has lost board " + board + ": restore it from a backup, or delete it",
	})
}
