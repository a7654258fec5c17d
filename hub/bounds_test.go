package hub

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// someBoards has only the boards of the map.
type someBoards struct {
	Boards
	there map[string]bool
}

func (s *someBoards) Snapshot(_ context.Context, board string) (leaderboard.Snapshot, error) {
	if !s.there[board] {
		return leaderboard.Snapshot{}, leaderboard.ErrUnknownBoard
	}
	return leaderboard.Snapshot{Head: leaderboard.Head{Epoch: "e", Chain: "c"}}, nil
}

func (s *someBoards) Apply(context.Context, string, []leaderboard.Event, leaderboard.Level) (leaderboard.Outcome, error) {
	return leaderboard.Outcome{}, leaderboard.ErrUnknownBoard
}

func (s *someBoards) MaxLevel() leaderboard.Level { return leaderboard.LevelMemory }

func TestUnknownBoardsHaveNoLoad(t *testing.T) {
	h := New(Config{}, &someBoards{}, nil, silent{})
	h.apply("made-up", []job{{events: make([]leaderboard.Event, 1), done: func(leaderboard.Outcome, *wire.Error, error) {}}}, 1)
	if len(h.loads.boards) != 0 {
		t.Errorf("%d boards are remembered", len(h.loads.boards))
	}
}

// A feed that was dropped reads no more, and takes none with it.
func TestDroppedFeedDropsNoOther(t *testing.T) {
	boards := &someBoards{there: map[string]bool{}}
	h := New(Config{Shared: true}, boards, nil, silent{})
	old := h.feeds.get("b")
	h.work.Wait()
	if h.feeds.peek("b") != nil {
		t.Fatal("the feed of a board that is not there is kept")
	}
	boards.there["b"] = true
	h.wary.missing.forget("b") // else it is remembered for a second that it is not
	now := h.feeds.get("b")
	h.work.Wait()
	boards.there["b"] = false
	old.check(leaderboard.Head{}, leaderboard.Head{Epoch: "e", Chain: "c"}) // a look that was under way
	h.work.Wait()
	if h.feeds.peek("b") != now {
		t.Error("the board is served by no feed")
	}
}

// stalled is a store that answers when it is no longer asked.
type stalled struct{ Boards }

func (stalled) Apply(ctx context.Context, _ string, _ []leaderboard.Event, _ leaderboard.Level) (leaderboard.Outcome, error) {
	<-ctx.Done()
	return leaderboard.Outcome{}, fmt.Errorf("%w: %w", leaderboard.ErrUnavailable, ctx.Err())
}

func (stalled) MaxLevel() leaderboard.Level { return leaderboard.LevelMemory }

func TestAStoreThatStallsDoesNotKeepANodeFromStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, answered := New(Config{}, stalled{}, nil, silent{}), 0
		for range 100 {
			if fault := h.queues.add("b", job{events: make([]leaderboard.Event, 64), done: func(leaderboard.Outcome, *wire.Error, error) { answered++ }}); fault != nil {
				t.Fatal(fault)
			}
		}
		start := time.Now()
		h.Close()
		if took := time.Since(start); took > emptyWait || answered != 100 {
			t.Errorf("stopped after %s, %d senders answered", took, answered)
		}
	})
}
