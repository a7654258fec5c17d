package hub

import "rollcall/leaderboard"

// HearDelta takes a delta that another node applied; boards nobody here asked
// for are skipped.
func (h *Hub) HearDelta(board string, d leaderboard.Delta) {
	if f := h.feeds.peek(board); f != nil {
		f.hear(d)
	}
}

// HearRenewed takes that another node created or deleted a board.
func (h *Hub) HearRenewed(board string) {
	h.wary.changed(board)
	h.feeds.renewed(board)
}

// StoreConnected takes that a connection to the store is new: it may be
// another store by now.
func (h *Hub) StoreConnected() { h.poller.ask() }

// Doubt takes that something may have been missed.
func (h *Hub) Doubt(boards ...string) {
	h.poller.ask(boards...)
	if len(boards) == 0 {
		h.rooms.doubt()
	}
}

// renewed tells all nodes that a board was created or deleted here.
func (h *Hub) renewed(board string) {
	h.feeds.renewed(board)
	h.bus.PublishRenewed(board)
}
