package hub

// Serves reports whether the node has a replica of the board, or reads one.
func (h *Hub) Serves(board string) bool { return h.feeds.peek(board) != nil }
