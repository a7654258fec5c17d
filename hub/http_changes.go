package hub

import (
	"context"
	"net/http"
	"strconv"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardfile"
	"rollcall/wire"
)

// getChanges writes the changelog after the head that the query names, or all
// there is if it names none, as lines: the head, then a delta each.
func (h *Hub) getChanges(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	board, q := r.PathValue("board"), r.URL.Query()
	if fault := h.mayRead(p, board, wire.AudienceLive); fault != nil {
		return fault
	}
	after := leaderboard.Head{Epoch: q.Get("epoch"), Chain: q.Get("chain")}
	var err error
	if q.Has("epoch") || q.Has("version") || q.Has("chain") {
		if after.Version, err = strconv.ParseUint(q.Get("version"), 10, 64); err != nil {
			return &wire.Error{Code: wire.BadRequest, Field: "version", Message: "must be a whole number from 0; epoch, version and chain name the head to begin after, none of them means all there is"}
		}
	}
	deltas, err := h.boards.Changes(r.Context(), board, after)
	if err == nil && after == (leaderboard.Head{}) {
		after, err = h.beginning(r.Context(), board, deltas)
	}
	if err != nil {
		return archiveFault(board, err)
	}
	w.Header().Set("Content-Type", ndjson)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_ = boardfile.WriteChanges(patient{w}, boardfile.Start{Board: board, After: after}, deltas) // the peer may be gone
	}
	return nil
}

// beginning is the head that all changes of a board go onto.
func (h *Hub) beginning(ctx context.Context, board string, deltas []leaderboard.Delta) (leaderboard.Head, error) {
	if len(deltas) > 0 {
		return leaderboard.Head{Epoch: deltas[0].Epoch, Version: deltas[0].From, Chain: deltas[0].PrevChain}, nil
	}
	heads, err := h.boards.Heads(ctx, []string{board})
	return heads[board], err
}
