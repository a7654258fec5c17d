package main

import (
	"fmt"

	"rollcall/leaderboard"
)

// theChangelog is what leads from one copy to the next.
const theChangelog = "the changelog"

// changelog reads all that there is of the changelog, and compares what it says
// last of each member with the store's copy; of who is not in it too, if it goes
// back to where the board was empty.
func (v *verifier) changelog(store *fetched) {
	start, deltas, err := v.hubs[0].changes(v.ctx, v.board, leaderboard.Head{})
	if err != nil {
		v.refused(theChangelog, err)
		return
	}
	if start.Epoch == store.Head.Epoch && start.Version > store.Head.Version { // cut since the copy was read
		return
	}
	last := map[string]leaderboard.Row{}
	n, err := follow(start, store.Head, deltas, func(row leaderboard.Row) { last[row.Member] = row })
	if err != nil {
		v.differs("%s: %v", theChangelog, err)
		return
	}
	fmt.Fprintf(v.stdout, "the changelog goes back to version %d: %d batches\n", start.Version, n)
	want, got := map[string]leaderboard.Entry{}, *store
	got.entries = nil
	for member, row := range last {
		if !row.Removed {
			want[member] = row.Entry
		}
	}
	for _, e := range store.entries {
		if _, ok := last[e.Member]; ok || start.Version == 0 {
			got.entries = append(got.entries, e)
		}
	}
	v.compare(theStore, &got, "the changelog makes", want)
}

// recompute folds the changelog onto an older archive and compares the result
// with a later one.
func (v *verifier) recompute(older, later *fetched) {
	folded, n, err := v.fold(older, later.Head)
	if err != nil {
		v.refused(theChangelog, err)
		return
	}
	fmt.Fprintf(v.stdout, "recomputed from version %d to %d: %d batches\n", older.Head.Version, later.Head.Version, n)
	v.compare(theStore, later, "the changelog makes", folded)
}

// fold takes an archive to a later head of its history by the changelog.
func (v *verifier) fold(from *fetched, to leaderboard.Head) (map[string]leaderboard.Entry, int, error) {
	all, at := byMember(from.entries), from.Head
	switch {
	case at.Epoch != to.Epoch:
		return nil, 0, differing("the board has begun a new epoch: %s at version %d, before %s at version %d", to.Epoch, to.Version, at.Epoch, at.Version)
	case to.Version < at.Version:
		return nil, 0, differing("the board went back from version %d to %d", at.Version, to.Version)
	case at == to:
		return all, 0, nil
	}
	_, deltas, err := v.hubs[0].changes(v.ctx, v.board, at)
	if err != nil {
		return nil, 0, err
	}
	n, err := follow(at, to, deltas, func(row leaderboard.Row) {
		if row.Removed {
			delete(all, row.Member)
		} else {
			all[row.Member] = row.Entry
		}
	})
	return all, n, err
}

// follow gives the rows of the deltas that lead from one head to another, and
// returns how many deltas these are.
func follow(at, to leaderboard.Head, deltas []leaderboard.Delta, take func(leaderboard.Row)) (n int, err error) {
	for _, d := range deltas {
		if at.Version >= to.Version {
			break
		}
		if d.From != at.Version || d.PrevChain != at.Chain || d.Epoch != at.Epoch {
			return n, differing("the entry to version %d does not follow version %d, chain %s", d.To, at.Version, at.Chain)
		}
		for _, row := range d.Rows {
			take(row)
		}
		at = d.Head()
		n++
	}
	if at != to {
		return n, differing("it leads to epoch %s, version %d, chain %s; the board is at epoch %s, version %d, chain %s", at.Epoch, at.Version, at.Chain, to.Epoch, to.Version, to.Chain)
	}
	return n, nil
}
