package hub

import (
	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// Bus tells the other nodes what happened on this one, at most once and never
// blocking: a hint, never the truth. Who is told learns only of the boards and
// rooms he watches.
type Bus interface {
	// Listen gives what other nodes tell to l until the returned func is called.
	Listen(l Listener) (stop func(), err error)
	// WatchBoard makes the listener hear of a board, WatchRoom of a room (and
	// perhaps of others in its partition), until the returned func is called.
	// What was told before the watch took hold may be missed; the bus then says
	// so by Doubt.
	WatchBoard(board string) (stop func())
	WatchRoom(room string) (stop func())

	PublishDelta(board string, d leaderboard.Delta)
	// PublishRenewed says that the board was created or deleted.
	PublishRenewed(board string)
	PublishTransitions(ts []presence.Transition)
	// PublishNode says how this node is. Every node hears it.
	PublishNode(n wire.NodeInfo)
}

// Listener hears the other nodes. Its methods must not block. What they are
// given is sound in form (names, ranges, sizes), but a hint all the same.
type Listener interface {
	HearDelta(board string, d leaderboard.Delta)
	HearRenewed(board string)
	HearTransitions(ts []presence.Transition)
	HearNode(n wire.NodeInfo)
	// Doubt says that something may not have been heard: of these boards, or,
	// when there is none, of anything.
	Doubt(boards ...string)
}
