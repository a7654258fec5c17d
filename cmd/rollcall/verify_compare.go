package main

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"rollcall/leaderboard"
)

// said is how many differences of one comparison are told one by one.
const said = 20

// compare says what differs between a copy and what it should be.
func (v *verifier) compare(who string, copied *fetched, whose string, want map[string]leaderboard.Entry) {
	got, differences := byMember(copied.entries), 0
	tell := func(format string, args ...any) {
		if differences++; differences <= said {
			v.differs(format, args...)
		} else {
			v.found++
		}
	}
	for _, member := range slices.Sorted(maps.Keys(want)) {
		w := want[member]
		switch g, ok := got[member]; {
		case !ok:
			tell("%s: %q is missing; %s %s", who, member, whose, shown(w))
		case !sameEntry(g, w):
			tell("%s: %q is %s; %s %s", who, member, shown(g), whose, shown(w))
		}
	}
	for _, member := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[member]; !ok {
			tell("%s: %q is %s; %s none", who, member, shown(got[member]), whose)
		}
	}
	switch {
	case differences == 0:
		fmt.Fprintf(v.stdout, "%s at version %d: %d entries, all as they should be\n", who, copied.Head.Version, len(got))
	case differences > said:
		fmt.Fprintf(v.stdout, "%s: and %d more\n", who, differences-said)
	}
}

// compareReplica brings the older of a node's copy and the store's to the later
// one and compares them.
func (v *verifier) compareReplica(hub *auditor) {
	who := "the replica of " + hub.url
	replica, err := hub.archive(v.ctx, v.board, "replica")
	if err != nil {
		v.fail(fmt.Errorf("%s: %w", who, err))
		return
	}
	store, err := v.hubs[0].archive(v.ctx, v.board, "store")
	if err != nil {
		v.refused(theStore, err)
		return
	}
	if replica.Head.Version > store.Head.Version { // the node is ahead of what the store says
		v.differs("%s is at version %d, the store at %d", who, replica.Head.Version, store.Head.Version)
		return
	}
	folded, _, err := v.fold(replica, store.Head)
	if err != nil {
		v.refused(theChangelog+" after "+who, err)
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
