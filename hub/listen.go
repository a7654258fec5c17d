package hub

import "rollcall/wire"

// HearRenewed takes that another node created or deleted a board.
func (h *Hub) HearRenewed(board string) { h.feeds.renewed(board) }

// HearNode takes how another node is.
func (h *Hub) HearNode(wire.NodeInfo) {}

// Doubt takes that something may have been missed.
func (h *Hub) Doubt(...string) {}
