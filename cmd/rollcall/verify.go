package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"rollcall/wire"
)

// verifyCmd recomputes a board from its changelog and compares all copies of it.
type verifyCmd struct {
	URL       []string      `help:"Address of a hub (repeatable: each node's copy is compared)." default:"http://127.0.0.1:8080" env:"ROLLCALL_URL"`
	TokenFile string        `help:"File with the token or API key (role jury or admin)." type:"path" env:"ROLLCALL_TOKEN_FILE"`
	Board     string        `arg:"" help:"Board to verify."`
	Since     string        `help:"An earlier json export to begin from. Default: the board as it is now." placeholder:"FILE"`
	For       time.Duration `help:"Without --since: how long to watch the board change." default:"2s"`
}

// Run fails if anything differs, and says what.
func (c *verifyCmd) Run(e *env) error {
	v := &verifier{env: e, board: c.Board}
	for _, url := range c.URL {
		a, err := (&remote{URL: url, TokenFile: c.TokenFile}).audit()
		if err != nil {
			return err
		}
		v.hubs = append(v.hubs, a)
	}
	v.parts() // first: a store whose parts disagree may give no archive
	if err := v.copies(c); err != nil {
		v.refused(theStore, err)
	}
	switch {
	case e.ctx.Err() != nil:
		return e.ctx.Err()
	case v.found > 0:
		return errors.Join(fmt.Errorf("board %s: %d differences", c.Board, v.found), v.failed)
	case v.failed != nil:
		return v.failed
	}
	fmt.Fprintf(e.stdout, "board %s: nothing differs\n", c.Board)
	return nil
}

// parts lets the store compare all parts of the board with each other.
func (v *verifier) parts() {
	if _, err := v.hubs[0].archive(v.ctx, v.board, "sample"); err != nil {
		v.refused(theStore, err)
	}
}

// copies recomputes the board and compares the store's copy, then each node's.
func (v *verifier) copies(c *verifyCmd) error {
	first, err := c.first(v.ctx, v.hubs[0])
	if err != nil {
		return err
	}
	store, err := v.hubs[0].archive(v.ctx, v.board, "store")
	if err != nil {
		return err
	}
	v.changelog(store)
	v.recompute(first, store)
	for _, hub := range v.hubs {
		v.compareReplica(hub)
	}
	return nil
}

// first is the archive to recompute from.
func (c *verifyCmd) first(ctx context.Context, a *auditor) (*fetched, error) {
	if c.Since != "" {
		f, err := os.Open(c.Since)
		if err != nil {
			return nil, fmt.Errorf("--since: %w", err)
		}
		defer func() { _ = f.Close() }()
		board, err := readArchive(f)
		if err != nil {
			return nil, fmt.Errorf("--since %s: %w", c.Since, err)
		}
		return board, nil
	}
	board, err := a.archive(ctx, c.Board, "store")
	if err == nil {
		wait(ctx, c.For)
	}
	return board, err
}

// theStore is whose copy all others are compared with.
const theStore = "the store"

// verifier gathers what differs.
type verifier struct {
	*env
	board  string
	hubs   []*auditor
	found  int
	failed error // why the comparison could not be made
}

func (v *verifier) differs(format string, args ...any) {
	v.found++
	fmt.Fprintf(v.stdout, format+"\n", args...)
}

func (v *verifier) fail(err error) { v.failed = errors.Join(v.failed, err) }

// difference is what differs, as an error.
type difference string

func (d difference) Error() string { return string(d) }

func differing(format string, args ...any) error { return difference(fmt.Sprintf(format, args...)) }

// refused tells an error: damage that the store has found, and a history that
// leads nowhere, are differences; anything else is why no comparison is made.
func (v *verifier) refused(what string, err error) {
	var no *wire.Error
	var found difference
	switch {
	case errors.As(err, &found):
		v.differs("%s: %s", what, found)
	case errors.As(err, &no) && (no.Code == wire.Internal || no.Code == wire.NotFound && what != theStore):
		v.differs("%s: %s", what, no.Message)
	default:
		v.fail(fmt.Errorf("%s: %w", what, err))
	}
}
