package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rollcall/wire"
)

// BoardQuery says which part of a board to read. The zero value is the first
// page of the public projection.
type BoardQuery struct {
	Offset     int
	Limit      int           // 0 = the server's default; at most wire.MaxPage
	Scheme     string        // "" = the board's
	Audience   string        // "" = public
	MinVersion uint64        // the answer is at least this version
	Wait       time.Duration // longest wait for MinVersion; 0 = the server's default
}

func (q BoardQuery) values() url.Values {
	v := url.Values{}
	setInt(v, "offset", q.Offset)
	setInt(v, "limit", q.Limit)
	setText(v, "scheme", q.Scheme)
	setText(v, "audience", q.Audience)
	if q.MinVersion > 0 {
		v.Set("min_version", strconv.FormatUint(q.MinVersion, 10))
	}
	setInt(v, "wait_ms", int(q.Wait.Milliseconds()))
	return v
}

func setInt(v url.Values, key string, n int) {
	if n != 0 {
		v.Set(key, strconv.Itoa(n))
	}
}

func setText(v url.Values, key, text string) {
	if text != "" {
		v.Set(key, text)
	}
}

// Boards lists every board, by name.
func (a *API) Boards(ctx context.Context) ([]wire.BoardInfo, error) {
	var out wire.Boards
	err := a.do(ctx, http.MethodGet, "/v1/boards", nil, nil, &out)
	return out.Boards, err
}

// Board reads a page of a board.
func (a *API) Board(ctx context.Context, board string, q BoardQuery) (wire.BoardPage, error) {
	var out wire.BoardPage
	err := a.do(ctx, http.MethodGet, path("v1", "boards", board), q.values(), nil, &out)
	return out, err
}

// PutBoard creates the board or changes its rules. The same rules again change
// nothing; another order or tie rule while the board has entries is
// rules_fixed.
func (a *API) PutBoard(ctx context.Context, board string, rules wire.Rules) (wire.BoardInfo, error) {
	var out wire.BoardInfo
	err := a.do(ctx, http.MethodPut, path("v1", "boards", board), nil, rules, &out)
	return out, err
}

// DeleteBoard ends the board, its entries and its epoch.
func (a *API) DeleteBoard(ctx context.Context, board string) error {
	return a.do(ctx, http.MethodDelete, path("v1", "boards", board), nil, nil, nil)
}

// Member reads a member's entry and up to around neighbours on each side, 0 to
// wire.MaxSpan.
func (a *API) Member(ctx context.Context, board, member string, around int) (wire.MemberPage, error) {
	var out wire.MemberPage
	query := url.Values{"around": {strconv.Itoa(around)}}
	err := a.do(ctx, http.MethodGet, path("v1", "boards", board, "members", member), query, nil, &out)
	return out, err
}

// SourceState tells where a source stands; one never seen has seq 0.
func (a *API) SourceState(ctx context.Context, board, source string) (wire.SourceState, error) {
	var out wire.SourceState
	err := a.do(ctx, http.MethodGet, path("v1", "boards", board, "sources", source), nil, nil, &out)
	return out, err
}

// Claim raises the source's generation: whoever pushed under it before is
// fenced. Client.Source does this for you.
func (a *API) Claim(ctx context.Context, board, source string) (wire.SourceState, error) {
	var out wire.SourceState
	err := a.do(ctx, http.MethodPost, path("v1", "boards", board, "sources", source, "claim"), nil, nil, &out)
	return out, err
}
