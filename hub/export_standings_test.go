package hub

// RenewStandings is what the feed of a board calls when its epoch is another.
func (h *Hub) RenewStandings(board string) { h.standings.renewed(board) }

// Serves reports whether the node has a replica of the board, or reads one.
func (h *Hub) Serves(board string) bool { return h.feeds.peek(board) != nil }
