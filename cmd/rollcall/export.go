package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/boardfile"
)

// exportCmd writes a board to a file: standings for people, an archive to
// restore it from, or its changelog.
type exportCmd struct {
	remote
	Board  string `arg:"" help:"Board to export."`
	Format string `help:"csv (standings with ranks), json (archive for import and verify) or ndjson (changelog)." enum:"csv,json,ndjson" default:"csv"`
	Output string `help:"File to write; default standard output." short:"o" placeholder:"FILE"`
	Since  string `help:"ndjson: an earlier json export; begin where it ends. Default: all that the store still has." placeholder:"FILE"`
	Follow bool   `help:"ndjson: go on with what changes, until Ctrl-C."`
}

// followEvery is the pause between two looks at the changelog.
const followEvery = 500 * time.Millisecond

// Run exports. It needs a token of the role jury or admin.
func (c *exportCmd) Run(e *env) (err error) {
	if c.Format != "ndjson" && (c.Follow || c.Since != "") {
		return errors.New("--follow, --since: go with --format ndjson")
	}
	a, err := c.audit()
	if err != nil {
		return err
	}
	out, err := openOut(e, c.Output, c.Follow)
	if err != nil {
		return err
	}
	defer func() { err = out.close(err) }()
	switch c.Format {
	case "ndjson":
		err = c.changelog(e.ctx, a, out)
	case "json":
		err = c.archive(e, a, out)
	default:
		var board *fetched
		if board, err = a.archive(e.ctx, c.Board, "store"); err == nil {
			err = writeCSV(out, board)
		}
	}
	if c.Follow && e.ctx.Err() != nil {
		return nil // Ctrl-C is how it ends
	}
	return err
}

// archive copies the archive as it comes, and checks that it came whole.
func (c *exportCmd) archive(e *env, a *auditor, out io.Writer) error {
	body, err := a.call(e.ctx, http.MethodGet, c.Board, "archive", nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	file, err := boardfile.Read(io.TeeReader(body, out))
	if err != nil {
		return err
	}
	archive := file.Archive()
	bar, n := newProgress(e.stderr, "exporting", archive.Total), 0
	for range archive.Entries {
		if n++; archive.Total > progressFrom {
			bar.show(n)
		}
	}
	if archive.Total > progressFrom {
		bar.end(n)
	}
	if err := file.Err(); err != nil {
		return err
	}
	return archive.CheckTotal(n, n)
}

// progressFrom is how many entries make it long enough to tell how far it is.
const progressFrom = 100_000

// changelog writes the head it begins after, then a delta a line.
func (c *exportCmd) changelog(ctx context.Context, a *auditor, out io.Writer) error {
	since, err := c.since()
	if err != nil {
		return err
	}
	at, deltas, err := a.changes(ctx, c.Board, since)
	if err != nil {
		return err
	}
	if err := boardfile.WriteChanges(out, boardfile.Start{Board: c.Board, After: at}, deltas); err != nil {
		return err
	}
	for {
		if len(deltas) > 0 {
			at = deltas[len(deltas)-1].Head()
		}
		if !c.Follow {
			return nil
		}
		wait(ctx, followEvery)
		if _, deltas, err = a.changes(ctx, c.Board, at); err != nil {
			return err
		}
		if err := boardfile.AppendChanges(out, deltas); err != nil {
			return err
		}
	}
}

// since is the head to begin after; the zero Head is the beginning.
func (c *exportCmd) since() (leaderboard.Head, error) {
	if c.Since == "" {
		return leaderboard.Head{}, nil
	}
	f, err := os.Open(c.Since)
	if err != nil {
		return leaderboard.Head{}, fmt.Errorf("--since: %w", err)
	}
	defer func() { _ = f.Close() }()
	file, err := boardfile.Read(f)
	if err != nil {
		return leaderboard.Head{}, fmt.Errorf("--since %s: %w", c.Since, err)
	}
	return file.Archive().Head, nil
}
