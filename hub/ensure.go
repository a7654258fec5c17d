package hub

import (
	"context"
	"time"

	"rollcall/leaderboard"
)

// EnsureBoard makes a board that is not in the store, so that there is something
// to show from the start. Call it once, after Start.
//
// A board that is not there may also have been lost with all that the store had,
// and to make it anew would hide that. A node that has just started cannot know;
// so it asks the others, for Config.NodeBeat at most. If one of them knows of
// boards that the store has lost, this one counts as lost here too: it is not
// made, its events and reads are unavailable, and this node is not ready and
// tells the next one, until somebody restores, deletes or makes it. So that there
// is a node that knows, each serves the board from now on.
func (h *Hub) EnsureBoard(ctx context.Context, board string, rules leaderboard.Rules) error {
	switch there, err := h.inStore(ctx, board); {
	case err != nil:
		return err
	case there:
		h.feeds.keep(board)
		return nil
	}
	if node := h.losingNode(ctx); node != "" {
		h.log.Error("the store has not this board, and another node knows of boards that the store has lost: it is not made anew; restore it from a backup, or make it with PUT if its contest has not begun",
			"board", board, "node", node)
		h.deemLost(board)
		return nil
	}
	if h.cfg.Shared {
		h.log.Warn("the store has not this board: it is made anew; if its contest has begun, stop, and restore a backup", "board", board)
	}
	_, _, created, err := h.boards.Put(ctx, board, rules)
	if err != nil {
		return err
	}
	if created {
		h.renewed(board)
	}
	h.feeds.keep(board)
	return nil
}

func (h *Hub) inStore(ctx context.Context, board string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, headsTimeout)
	defer cancel()
	heads, err := h.boards.Heads(ctx, []string{board})
	head, told := heads[board]
	if told {
		err = nil
	}
	return head != (leaderboard.Head{}), err
}

// losingNode waits for a node that knows of lost boards, for as long as every
// node tells how it is at least once; "" if there is none.
func (h *Hub) losingNode(ctx context.Context) string {
	if !h.cfg.Shared {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, h.cfg.NodeBeat)
	defer cancel()
	for {
		if node := h.nodes.losing(); node != "" {
			return node
		}
		select {
		case <-h.nodes.heed:
		case <-ctx.Done():
			return h.nodes.losing()
		}
	}
}

// deemLost takes that the store has lost a board of which this node knows
// nothing, until it is there again or somebody says otherwise.
func (h *Hub) deemLost(board string) {
	h.losses.set(board, true)
	h.spawn(func() {
		defer h.bus.WatchBoard(board)()
		t := time.NewTicker(h.cfg.HeadPoll)
		defer t.Stop()
		for h.losses.has(board) {
			select {
			case <-h.life.Done():
				return
			case <-t.C:
			}
			if there, err := h.inStore(h.life, board); there && err == nil {
				h.reread(board)
				h.feeds.keep(board)
			}
		}
	})
}
