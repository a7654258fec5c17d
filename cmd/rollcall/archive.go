package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardfile"
	"rollcall/wire"
)

// auditor reads and writes archives through a hub.
type auditor struct {
	url   string
	token string
}

// audit is the auditor of the hub that the flags name.
func (r *remote) audit() (*auditor, error) {
	a := &auditor{url: strings.TrimSuffix(r.URL, "/")}
	if r.TokenFile != "" {
		raw, err := os.ReadFile(r.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		a.token = strings.TrimSpace(string(raw))
	}
	return a, nil
}

// call makes one request for a board; the answer is 2xx and the caller closes
// it.
func (a *auditor) call(ctx context.Context, method, board, what string, query url.Values, body io.Reader) (io.ReadCloser, error) {
	target := a.url + "/v1/boards/" + url.PathEscape(board) + "/" + what
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 {
		return res.Body, nil
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	var f wire.Failure
	if json.Unmarshal(text, &f) == nil && f.Error != nil {
		return nil, fmt.Errorf("%s: %w", a.url, f.Error)
	}
	return nil, fmt.Errorf("%s %s: %s", method, target, res.Status)
}

// fetched is an archive in memory.
type fetched struct {
	board string
	leaderboard.Archive
	entries []leaderboard.Entry
}

// archive reads the board's archive from "store", "replica" or "sample".
func (a *auditor) archive(ctx context.Context, board, from string) (*fetched, error) {
	body, err := a.call(ctx, http.MethodGet, board, "archive", url.Values{"from": {from}, "wait_ms": {"30000"}}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return readArchive(body)
}

// readArchive reads all of an archive.
func readArchive(r io.Reader) (*fetched, error) {
	file, err := boardfile.Read(r)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	f := &fetched{board: file.Board, Archive: file.Archive()}
	f.entries = slices.Collect(f.Entries)
	f.Entries = slices.Values(f.entries)
	switch {
	case file.Err() != nil:
		return nil, fmt.Errorf("archive: %w", file.Err())
	case len(f.entries) != f.Total:
		return nil, fmt.Errorf("archive: %d entries where %d should be", len(f.entries), f.Total)
	}
	return f, nil
}

// changes reads the changelog after a head, all there is after the zero Head,
// and the head that it begins after.
func (a *auditor) changes(ctx context.Context, board string, after leaderboard.Head) (leaderboard.Head, []leaderboard.Delta, error) {
	var query url.Values
	if after != (leaderboard.Head{}) {
		query = url.Values{"epoch": {after.Epoch}, "version": {strconv.FormatUint(after.Version, 10)}, "chain": {after.Chain}}
	}
	body, err := a.call(ctx, http.MethodGet, board, "changes", query, nil)
	if err != nil {
		return after, nil, err
	}
	defer func() { _ = body.Close() }()
	start, deltas, err := boardfile.ReadChanges(body)
	if err != nil {
		return after, nil, fmt.Errorf("changelog: %w", err)
	}
	return start.After, deltas, nil
}
