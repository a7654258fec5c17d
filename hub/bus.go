package hub

import (
	"rollcall/leaderboard"
	"rollcall/presence"
)

// Bus tells the other nodes what happened on this one, at most once and never
// blocking: a hint, never the truth.
type Bus interface {
	// Listen gives what other nodes tell to l until the returned func is called.
	Listen(l Listener) (stop func(), err error)
	PublishDelta(board string, d leaderboard.Delta)
	PublishTransitions(ts []presence.Transition)
}

// Listener hears the other nodes. Its methods must not block.
type Listener interface {
	HearDelta(board string, d leaderboard.Delta)
	HearTransitions(ts []presence.Transition)
}
