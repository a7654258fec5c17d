package presence

import "context"

// Roster is where transitions are decided, atomically, for all nodes. The
// methods are safe for concurrent use; after an error the same call may be made
// again: what it did is not done twice. Transitions that came with the error
// are decided, holders that came with it are missing; others may be that nobody
// heard of.
type Roster interface {
	// Join adds the node's holders; a user whose first holder came makes a
	// Joined transition. Joining again renews the beat and may change the meta.
	Join(ctx context.Context, node string, joins []Join) ([]Transition, error)
	// Leave removes the node's holders; a user whose last holder went makes a
	// Left transition. Unknown holders are ignored.
	Leave(ctx context.Context, node string, places []Place) ([]Transition, error)
	// Refresh beats for the node's holders and returns those it does not know,
	// which the node must Join again.
	Refresh(ctx context.Context, node string, places []Place) (missing []Place, err error)
	// SetMeta changes what is shown of present users; equal meta is a no-op.
	SetMeta(ctx context.Context, metas []Join) ([]Transition, error)
	// Sweep removes holders without a beat for the threshold, a bounded number
	// a call, and returns the transitions.
	Sweep(ctx context.Context) ([]Transition, error)
}

// Parter is a Roster whose holders can expire sooner because their node stops
// than because it fell silent: who has not come back to another node by then
// will not.
type Parter interface {
	// Part says that the node stops: those of the places that it still holds
	// expire in half the threshold, unless it beats again. What is known of when
	// their users were last seen stays true. Holders of other nodes stay as they
	// are.
	Part(ctx context.Context, node string, places []Place) error
}
