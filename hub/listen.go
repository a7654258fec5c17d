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
func (h *Hub) HearRenewed(board string) { h.reread(board) }

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
	h.reread(board)
	h.bus.PublishRenewed(board)
}

// reread makes this node forget what it knows of a board that was created or
// deleted, and read it again for who watches it and for its bots.
func (h *Hub) reread(board string) {
	h.wary.changed(board)
	h.losses.set(board, false)
	if h.standings.has(board) {
		h.feeds.get(board)
	}
	h.feeds.renewed(board)
}
