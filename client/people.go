package client

import (
	"context"
	"net/http"
	"net/url"

	"rollcall/wire"
)

// Presence reads one page of who is online in a room, by user id: those after
// the user `after` ("" = from the first), limit of them (0 = the server's
// default). The page's Next is the `after` of the page that follows.
func (a *API) Presence(ctx context.Context, room, after string, limit int) (wire.PresencePage, error) {
	var out wire.PresencePage
	query := url.Values{}
	setText(query, "after", after)
	setInt(query, "limit", limit)
	err := a.do(ctx, http.MethodGet, path("v1", "rooms", room, "presence"), query, nil, &out)
	return out, err
}

// RoomCount reads how many users are online in a room.
func (a *API) RoomCount(ctx context.Context, room string) (wire.RoomCount, error) {
	var out wire.RoomCount
	err := a.do(ctx, http.MethodGet, path("v1", "rooms", room, "count"), nil, nil, &out)
	return out, err
}

// User reads whether and where a user is online, and when they were last seen.
func (a *API) User(ctx context.Context, user string) (wire.UserState, error) {
	var out wire.UserState
	err := a.do(ctx, http.MethodGet, path("v1", "users", user), nil, nil, &out)
	return out, err
}

// Contest reads what the pages show around the board.
func (a *API) Contest(ctx context.Context) (wire.Contest, error) {
	var out wire.Contest
	err := a.do(ctx, http.MethodGet, "/v1/contest", nil, nil, &out)
	return out, err
}
