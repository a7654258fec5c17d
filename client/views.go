package client

import (
	"cmp"
	"context"
	"iter"

	"rollcall/wire"
)

// BoardOptions say how a board is watched. The zero value is the first 50 rows
// of the public projection at the server's rate.
type BoardOptions struct {
	N        int     // WatchBoard: rows, 1 to wire.MaxPage; 0 = 50
	Span     int     // WatchAround: neighbours on each side, 1 to wire.MaxSpan; 0 = 5
	Scheme   string  // "" = the board's
	Audience string  // "" = public; live needs the role
	MaxHz    float64 // at most so many states a second; 0 = the server's rate
}

func (o BoardOptions) request(view, board string) wire.Request {
	return wire.Request{
		View: view, Board: board, Scheme: o.Scheme, MaxHz: o.MaxHz,
		Audience: cmp.Or(o.Audience, wire.AudiencePublic),
	}
}

// BoardState is a board as a view shows it. States are values: one may be kept,
// but its slices and maps must not be changed.
type BoardState struct {
	wire.BoardSnapshot
	Connected bool // false: the connection is away, this is the last known state
}

// RoomOptions say how a room is watched.
type RoomOptions struct {
	CountOnly bool // the number alone, not who
}

// RoomState is a room as a view shows it; see BoardState.
type RoomState struct {
	wire.PresenceSnapshot
	Connected bool
}

// ActivityState is the latest changes of a board, newest last; see BoardState.
type ActivityState struct {
	wire.ActivitySnapshot
	Connected bool
}

// WatchBoard yields the first rows of a board: the state now, then the newest
// state after each change. A slow loop body skips states, it never gets old
// ones; losing and regaining the connection is a change of Connected. The loop
// ends silently with ctx or break. An error is the last thing yielded: the
// server refuses the view (*wire.Error), or the Client has ended (ErrClosed,
// *CloseError).
func (c *Client) WatchBoard(ctx context.Context, board string, o BoardOptions) iter.Seq2[BoardState, error] {
	req := o.request(wire.ViewTop, board)
	req.N = cmp.Or(o.N, 50)
	return watch(ctx, c, req, folding(FoldBoard), boardState)
}

// WatchAround yields a member and its neighbours, as WatchBoard does.
func (c *Client) WatchAround(ctx context.Context, board, member string, o BoardOptions) iter.Seq2[BoardState, error] {
	req := o.request(wire.ViewAround, board)
	req.Member, req.Span = member, cmp.Or(o.Span, 5)
	return watch(ctx, c, req, folding(FoldBoard), boardState)
}

// WatchMe yields the entry of the Client's own member, as WatchBoard does;
// Entries is empty while the member is not on the board.
func (c *Client) WatchMe(ctx context.Context, board string, o BoardOptions) iter.Seq2[BoardState, error] {
	return watch(ctx, c, o.request(wire.ViewMe, board), folding(FoldBoard), boardState)
}

// WatchActivity yields the latest changes of a board, as WatchBoard does.
func (c *Client) WatchActivity(ctx context.Context, board string, o BoardOptions) iter.Seq2[ActivityState, error] {
	show := func(state any, connected bool) ActivityState {
		return ActivityState{ActivitySnapshot: state.(wire.ActivitySnapshot), Connected: connected}
	}
	return watch(ctx, c, o.request(wire.ViewActivity, board), folding(FoldActivity), show)
}

// WatchRoom yields who is online in a room, as WatchBoard does. Watching is
// not being there: see Join.
func (c *Client) WatchRoom(ctx context.Context, room string, o RoomOptions) iter.Seq2[RoomState, error] {
	req := wire.Request{View: wire.ViewPresence, Room: room, Mode: wire.ModeAuto}
	if o.CountOnly {
		req.Mode = wire.ModeCount
	}
	show := func(state any, connected bool) RoomState {
		return RoomState{PresenceSnapshot: state.(wire.PresenceSnapshot), Connected: connected}
	}
	return watch(ctx, c, req, folding(FoldPresence), show)
}

func boardState(state any, connected bool) BoardState {
	return BoardState{BoardSnapshot: state.(wire.BoardSnapshot), Connected: connected}
}
