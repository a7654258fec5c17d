package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"rollcall/leaderboard"
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
	v.sample() // first: a store whose parts disagree may give no archive
	first, err := c.first(e.ctx, v.hubs[0])
	if err == nil {
		err = v.copies(first)
	}
	v.fail(err)
	switch {
	case e.ctx.Err() != nil:
		return e.ctx.Err()
	case v.failed != nil:
		return v.failed
	case v.found > 0:
		return fmt.Errorf("board %s: %d differences", c.Board, v.found)
	}
	fmt.Fprintf(e.stdout, "board %s: nothing differs\n", c.Board)
	return nil
}

// copies recomputes the board and compares the store's copy, then each node's.
func (v *verifier) copies(first *fetched) error {
	store, err := v.hubs[0].archive(v.ctx, v.board, "store")
	if err != nil {
		return err
	}
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
		return readArchive(f)
	}
	board, err := a.archive(ctx, c.Board, "store")
	if err == nil {
		wait(ctx, c.For)
	}
	return board, err
}

// verifier gathers what differs.
type verifier struct {
	*env
	board  string
	hubs   []*auditor
	found  int
	failed error // why the comparison could not be made
}

// said is how many differences of one comparison are told one by one.
const said = 20

func (v *verifier) differs(format string, args ...any) {
	v.found++
	fmt.Fprintf(v.stdout, format+"\n", args...)
}

func (v *verifier) fail(err error) { v.failed = errors.Join(v.failed, err) }

// recompute folds the changelog onto an older archive and compares the result
// with a later one.
func (v *verifier) recompute(older, later *fetched) {
	folded, n, err := v.fold(older, later.Head)
	if err != nil {
		v.differs("changelog: %v", err)
		return
	}
	fmt.Fprintf(v.stdout, "recomputed from version %d to %d: %d batches\n", older.Head.Version, later.Head.Version, n)
	v.compare("the store", later, "the changelog makes", folded)
}

// fold takes an archive to a later head of its history by the changelog.
func (v *verifier) fold(from *fetched, to leaderboard.Head) (map[string]leaderboard.Entry, int, error) {
	all, at, n := byMember(from.entries), from.Head, 0
	switch {
	case at.Epoch != to.Epoch:
		return nil, 0, fmt.Errorf("the board has begun a new epoch: %s at version %d, before %s at version %d", to.Epoch, to.Version, at.Epoch, at.Version)
	case to.Version < at.Version:
		return nil, 0, fmt.Errorf("the board went back from version %d to %d", at.Version, to.Version)
	case at == to:
		return all, 0, nil
	}
	deltas, err := v.hubs[0].changes(v.ctx, v.board, at)
	var no *wire.Error
	if errors.As(err, &no) && no.Code == wire.NotFound {
		return nil, 0, fmt.Errorf("it does not lead from version %d to %d: it no longer reaches back so far, or an entry was changed or is missing", at.Version, to.Version)
	}
	if err != nil {
		return nil, 0, err
	}
	for _, d := range deltas {
		if d.From != at.Version || d.PrevChain != at.Chain || d.Epoch != at.Epoch {
			return nil, n, fmt.Errorf("the entry to version %d does not follow version %d, chain %s", d.To, at.Version, at.Chain)
		}
		for _, row := range d.Rows {
			if row.Removed {
				delete(all, row.Member)
			} else {
				all[row.Member] = row.Entry
			}
		}
		at = d.Head()
		if n++; at.Version >= to.Version {
			break
		}
	}
	if at != to {
		return nil, n, fmt.Errorf("it leads to version %d, chain %s; the board is at version %d, chain %s", at.Version, at.Chain, to.Version, to.Chain)
	}
	return all, n, nil
}

// compare says what differs between a copy and what it should be.
func (v *verifier) compare(who string, copied *fetched, whose string, want map[string]leaderboard.Entry) {
	got, before := byMember(copied.entries), v.found
	tell := func(format string, args ...any) {
		if v.found-before < said {
			v.differs(format, args...)
		} else {
			v.found++
		}
	}
	for member, w := range want {
		switch g, ok := got[member]; {
		case !ok:
			tell("%s: %s is missing; %s %s", who, member, whose, shown(w))
		case !sameEntry(g, w):
			tell("%s: %s is %s; %s %s", who, member, shown(g), whose, shown(w))
		}
	}
	for member, g := range got {
		if _, ok := want[member]; !ok {
			tell("%s: %s is %s; %s none", who, member, shown(g), whose)
		}
	}
	if v.found == before {
		fmt.Fprintf(v.stdout, "%s at version %d: %d entries, all as they should be\n", who, copied.Head.Version, len(got))
	}
}

// sample lets the store compare its parts with each other.
func (v *verifier) sample() {
	_, err := v.hubs[0].archive(v.ctx, v.board, "sample")
	var no *wire.Error
	switch {
	case errors.As(err, &no) && no.Code == wire.Internal:
		v.differs("the store: %s", no.Message)
	case err != nil:
		v.fail(err)
	}
}

// compareReplica brings the older of a node's copy and the store's to the later
// one and compares them.
func (v *verifier) compareReplica(hub *auditor) {
	replica, err := hub.archive(v.ctx, v.board, "replica")
	if err != nil {
		v.fail(fmt.Errorf("replica: %w", err))
		return
	}
	store, err := v.hubs[0].archive(v.ctx, v.board, "store")
	if err != nil {
		v.fail(err)
		return
	}
	who := "the replica of " + hub.url
	if replica.Head.Version > store.Head.Version { // the node is ahead of what the store says
		v.differs("%s is at version %d, the store at %d", who, replica.Head.Version, store.Head.Version)
		return
	}
	folded, _, err := v.fold(replica, store.Head)
	if err != nil {
		v.differs("%s: changelog: %v", who, err)
		return
	}
	moved := *replica
	moved.Head, moved.entries = store.Head, nil
	for _, e := range folded {
		moved.entries = append(moved.entries, e)
	}
	v.compare(who, &moved, "the store has", byMember(store.entries))
}

func byMember(entries []leaderboard.Entry) map[string]leaderboard.Entry {
	all := make(map[string]leaderboard.Entry, len(entries))
	for _, e := range entries {
		all[e.Member] = e
	}
	return all
}

func sameEntry(a, b leaderboard.Entry) bool {
	if len(a.Cells) != len(b.Cells) {
		return false
	}
	for id, cell := range a.Cells {
		if !bytes.Equal(cell, b.Cells[id]) {
			return false
		}
	}
	a.Cells, b.Cells = nil, nil
	return reflect.DeepEqual(a, b)
}

func shown(e leaderboard.Entry) string {
	text := fmt.Sprintf("score %v, tie %d", e.Score, e.Tie)
	if e.Name != "" || e.Group != "" {
		text += fmt.Sprintf(", name %q, group %q", e.Name, e.Group)
	}
	if len(e.Cells) > 0 {
		text += fmt.Sprintf(", %d cells", len(e.Cells))
	}
	return text
}
