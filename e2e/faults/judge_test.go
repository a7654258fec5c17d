package faults_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rollcall/client"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn"
	"rollcall/wire"
)

// further are judges of what is recorded alone; files add theirs.
var further []func(*world)

// judge looks at everything once it is healed.
func (w *world) judge(healed time.Time) {
	tables := map[string]table{}
	for _, board := range boards {
		tables[board] = w.judgeNodes(board, healed)
		w.judgeOrder(board, tables[board])
		w.judgeVersions(board, tables[board])
		w.judgeLedger(board, tables[board])
	}
	w.final = tables
	w.judgeWatchers(tables, healed)
	w.judgePresence(healed)
	w.judgeStore(tables)
	for _, judge := range further {
		judge(w)
	}
	w.leave()
	w.judgeUsage()
}

// pageOf reads all of a board.
func (w *world) pageOf(api *client.API, board string) (t table, err error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 6*time.Second)
	defer cancel()
	for {
		page, err := api.Board(ctx, board, client.BoardQuery{Offset: len(t.Entries), Limit: wire.MaxPage})
		if err != nil {
			return t, err
		}
		if len(t.Entries) > 0 && (page.Version != t.Version || page.Epoch != t.Epoch) {
			return t, fmt.Errorf("the board moved from %s.%d to %s.%d", t.Epoch, t.Version, page.Epoch, page.Version)
		}
		t.Epoch, t.Version, t.Total = page.Epoch, page.Version, page.Total
		t.Entries = append(t.Entries, page.Entries...)
		if len(t.Entries) >= t.Total || len(page.Entries) == 0 {
			return t, nil
		}
	}
}

// judgeNodes waits until every node shows the same of a board, within the bound
// of convergence.
func (w *world) judgeNodes(board string, healed time.Time) (first table) {
	var apis []*client.API
	for _, n := range w.nodes {
		apis = append(apis, n.api())
	}
	complaint := until(time.Until(healed.Add(w.bound)), func() string {
		for i, api := range apis {
			page, err := w.pageOf(api, board)
			if err != nil {
				return fmt.Sprintf("board %s at node %d: %v", board, i, err)
			}
			if i == 0 {
				first = page
			} else if wrong := differ(page, first); wrong != "" {
				return fmt.Sprintf("board %s at node %d and at node 0: %s", board, i, wrong)
			}
		}
		return ""
	})
	if complaint != "" {
		w.complain("replicas", "%v after healing: %s", time.Since(healed).Round(ms), complaint)
	}
	return first
}

// differ says where two tables differ first.
func differ(a, b table) string {
	if a.Epoch != b.Epoch || a.Version != b.Version || a.Total != b.Total || len(a.Entries) != len(b.Entries) {
		return fmt.Sprintf("%s.%d with %d of %d entries, and %s.%d with %d of %d", a.Epoch, a.Version, len(a.Entries), a.Total, b.Epoch, b.Version, len(b.Entries), b.Total)
	}
	for i := range a.Entries {
		x, _ := json.Marshal(a.Entries[i]) // an entry is JSON
		y, _ := json.Marshal(b.Entries[i])
		if string(x) != string(y) {
			return fmt.Sprintf("row %d is %s, and %s", i, x, y)
		}
	}
	return ""
}

// judgeOrder sorts the board anew and compares ranks: score, then the version
// at which it was reached, then the member.
func (w *world) judgeOrder(board string, t table) {
	sorted := slices.Clone(t.Entries)
	slices.SortStableFunc(sorted, func(a, b wire.Entry) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Tie, b.Tie), cmp.Compare(a.Member, b.Member))
	})
	for i, e := range sorted {
		rank := i + 1
		if i > 0 && e.Score == sorted[i-1].Score && e.Tie == sorted[i-1].Tie {
			rank = sorted[i-1].Rank
		}
		if got := t.Entries[i]; got.Member != e.Member || got.Rank != rank {
			w.complain("order", "board %s, row %d is %s with rank %d; it should be %s with %d", board, i, got.Member, got.Rank, e.Member, rank)
			return
		}
	}
}

// judgeVersions checks that of all that was applied no two events had one
// version, and that together they make up the board's: each raised it by one.
func (w *world) judgeVersions(board string, t table) {
	who, effective := map[string]string{}, uint64(0)
	unknown := uint64(0)
	for _, s := range w.streams {
		if s.board != board {
			continue
		}
		for k, e := range s.look() {
			switch {
			case bad(k) != "":
				continue
			case e.answered.IsZero():
				unknown++
				continue
			}
			effective++
			if e.result.Status != wire.Applied {
				continue
			}
			at, name := fmt.Sprintf("%s.%d", e.result.Epoch, e.result.Version), fmt.Sprintf("%s %d", s.name, k)
			if other := who[at]; other != "" && !w.mayForget() {
				w.complain("versions", "board %s: version %s was given to %s and to %s", board, at, other, name)
				return
			}
			who[at] = name
		}
	}
	if w.mayForget() {
		return
	}
	if t.Version < effective || t.Version > effective+unknown {
		w.complain("versions", "board %s is at version %d after %d events (and %d of unknown fate)", board, t.Version, effective, unknown)
	}
}

// judgeLedger checks every event.
func (w *world) judgeLedger(board string, t table) {
	held := map[string]uint64{}
	for _, e := range t.Entries {
		held[e.Member] = uint64(e.Score)
	}
	members := 0
	for _, s := range w.streams {
		if s.board != board {
			continue
		}
		got := s.compare(held)
		if got.doubled > 0 || got.wronglyThere > 0 || got.lost > 0 && !w.mayLose(s) {
			w.complain("ledger", "board %s, %s: %+v", board, s.name, got)
		}
		for m := 0; m*width < len(s.look()); m++ {
			if held[s.member(m*width)] > 0 {
				members++
			}
		}
	}
	if members != t.Total {
		w.complain("ledger", "board %s has %d members, of whom the bots know %d", board, t.Total, members)
	}
}

// mayLose reports whether acknowledged events of a stream may be missing: the
// store forgot, nobody kept them, and their acks said so (memory).
func (w *world) mayLose(s *stream) bool { return !s.kept && w.mayForget() && w.plan.ack == "" }

// judgeStore compares with what the store itself holds: Redis is read past the
// nodes, the embedded node is killed and reads its disk.
func (w *world) judgeStore(tables map[string]table) {
	if w.plan.topology == embedded {
		n := w.nodes[0]
		n.hub.Kill()
		n.restart()
		for _, board := range boards {
			page, err := w.pageOf(n.api(), board)
			if wrong := differ(page, tables[board]); err != nil || wrong != "" {
				w.complain("store", "board %s after a kill, and before: %v %s", board, err, wrong)
			}
		}
		return
	}
	url := ""
	if w.redis != nil {
		url = w.redis.URL
	} else {
		url = w.cluster.Redis.URL()
	}
	a, err := redisconn.ParseAddress(url)
	if err != nil {
		w.t.Fatal(err)
	}
	clients := redisconn.Open(a)
	defer func() { _ = clients.Close() }()
	store := redisboard.New(clients, redisboard.Config{})
	for _, board := range boards {
		if wrong := w.compareStore(store, board, tables[board]); wrong != "" {
			w.complain("store", "board %s: %s", board, wrong)
		}
	}
}

func (w *world) compareStore(store *redisboard.Store, board string, t table) string {
	snap, err := store.Snapshot(w.t.Context(), board)
	if err != nil {
		return err.Error()
	}
	rows := map[string]wire.Entry{}
	for _, e := range t.Entries {
		rows[e.Member] = e
	}
	if snap.Head.Epoch != t.Epoch || snap.Head.Version != t.Version || snap.Total != len(rows) {
		return fmt.Sprintf("the store has %s.%d with %d entries, the nodes show %s.%d with %d", snap.Head.Epoch, snap.Head.Version, snap.Total, t.Epoch, t.Version, len(rows))
	}
	n := 0
	for e := range snap.Entries {
		n++
		if r, ok := rows[e.Member]; !ok || r.Score != e.Score || r.Tie != e.Tie {
			return fmt.Sprintf("the store has %s, the nodes show %+v", describe(e), r)
		}
	}
	if n != snap.Total {
		return fmt.Sprintf("the store has %d entries and counts %d", n, snap.Total)
	}
	return ""
}

func describe(e leaderboard.Entry) string {
	return fmt.Sprintf("%s with %v (tie %d)", e.Member, e.Score, e.Tie)
}
