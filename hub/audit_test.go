package hub_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

func quickAudit(c *hub.Config) { c.AuditEvery = 20 * time.Millisecond }

// audits waits until the node has counted a result.
func (n *testNode) audits(result string) {
	n.Helper()
	within(n.TB, "an audit that ends "+result, func() bool {
		return strings.Contains(n.metrics(), fmt.Sprintf("rollcall_audits_total{result=%q}", result))
	})
}

// The replica of a node went wrong although its head is right.
func TestReplicaThatDiffersIsReadAgain(t *testing.T) {
	rows := map[string]func(*leaderboard.Row){
		"score": func(r *leaderboard.Row) { r.Score = 99 },
		"tie":   func(r *leaderboard.Row) { r.Tie = 99 },
		"name":  func(r *leaderboard.Row) { r.Name = "Bob" },
		"group": func(r *leaderboard.Row) { r.Group = "blue" },
		"cells": func(r *leaderboard.Row) { r.Cells = leaderboard.Cells{"A": json.RawMessage(`2`)} },
		"cell": func(r *leaderboard.Row) {
			r.Cells = leaderboard.Cells{"A": json.RawMessage(`1`), "B": json.RawMessage(`1`)}
		},
		"who":  func(r *leaderboard.Row) { r.Member = "bob" },
		"gone": func(r *leaderboard.Row) { r.Removed = true },
	}
	for name, spoil := range rows {
		t.Run(name, func(t *testing.T) {
			store := newForgetful()
			a, b, bus := newPairOn(t, store, slowPoll, quickAudit)
			a.board("b", wire.Rules{})
			s, _ := b.watching("b")
			b.audits("same")
			var delta leaderboard.Delta
			bus.deaf.Store(true)
			a.push("b", map[string]any{"member": "ann", "op": "set", "score": 5, "name": "Ann", "group": "red", "cells": map[string]any{"A": 1}, "source": "s", "seq": 1})
			store.set(func() {
				delta = store.boards["b"].log[0]
				delta.Rows = append([]leaderboard.Row{}, delta.Rows...)
			})
			spoil(&delta.Rows[0])
			b.hub.HearDelta("b", delta) // with the right chain
			b.audits("mismatch")
			within(t, "the right board", func() bool {
				p := b.page("b", "")
				return p.Total == 1 && p.Entries[0].Member == "ann" && p.Entries[0].Score == 5 && p.Entries[0].Name == "Ann" && len(p.Entries[0].Cells) == 1 && string(p.Entries[0].Cells["A"]) == "1"
			})
			// What was shown wrongly is shown again, under another name.
			snap, _ := nextSnapshot(t, s)
			for len(snap.Entries) != 1 || snap.Entries[0].Score != 5 || snap.Entries[0].Name != "Ann" || string(snap.Entries[0].Cells["A"]) != "1" {
				snap, _ = nextSnapshot(t, s)
			}
			if store.begun > 0 {
				t.Error("the node's own mistake began an epoch")
			}
		})
	}
}

func TestReplicaIsReadAgainOnceForEachAudit(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll, quickAudit)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	a.page("b", "")
	a.audits("same")
	store.count("Snapshot", "Sample")
	store.set(func() { store.spoil = func(s *leaderboard.Sample) { s.Total++ } })
	a.audits("mismatch")
	within(t, "some audits", func() bool { store.mu.Lock(); defer store.mu.Unlock(); return store.calls["Sample"] > 10 })
	store.mu.Lock()
	defer store.mu.Unlock()
	if store.calls["Snapshot"] > store.calls["Sample"] {
		t.Errorf("%d snapshots after %d samples", store.calls["Snapshot"], store.calls["Sample"])
	}
}

func TestDamagedStoreIsToldAndNotReadInALoop(t *testing.T) {
	store := newForgetful()
	a, _, _ := newPairOn(t, store, slowPoll, quickAudit)
	a.board("b", wire.Rules{})
	a.push("b", event("s", 1, "ann", 5))
	a.page("b", "")
	store.count("Snapshot")
	store.set(func() { store.fail["Sample"] = leaderboard.ErrDamaged })
	a.audits("damaged")
	status, raw := a.call("GET", "/readyz", nil)
	if status != 200 || !strings.Contains(string(raw), "degraded") || !strings.Contains(a.info().Problem, "contradicts itself") || !strings.Contains(a.metrics(), "rollcall_boards_damaged 1") {
		t.Errorf("readyz %d %s", status, raw)
	}
	if n := store.count("Snapshot"); n > 0 {
		t.Errorf("it was read %d times", n)
	}
	store.set(func() { delete(store.fail, "Sample") })
	within(t, "the mark to go", func() bool { return strings.Contains(a.metrics(), "rollcall_boards_damaged 0") })
}

func TestEveryServedBoardIsAuditedInTurn(t *testing.T) {
	store := newForgetful()
	seen := map[string]bool{}
	a, _, _ := newPairOn(t, store, slowPoll, quickAudit)
	for _, board := range store.make(t, 5) {
		a.page(board, "")
	}
	store.set(func() {
		store.spoil = func(s *leaderboard.Sample) { seen[s.Head.Epoch] = true }
	})
	within(t, "all five", func() bool { store.mu.Lock(); defer store.mu.Unlock(); return len(seen) == 5 })
}

func TestBoardThatChangesWhileItIsAuditedIsNoMismatch(t *testing.T) {
	store := newForgetful()
	a, b, _ := newPairOn(t, store, quickAudit)
	a.board("b", wire.Rules{})
	b.page("b", "")
	for i := 1; i <= 300; i++ {
		a.push("b", event("s", i, fmt.Sprint("m", i%7), float64(i)))
	}
	b.audits("same")
	if got := a.metrics() + b.metrics(); strings.Contains(got, `result="mismatch"`) {
		t.Error("a busy board was taken for a wrong one")
	}
}

func TestEmbeddedBoardIsAudited(t *testing.T) {
	n := newNode(t, quickAudit)
	n.board("b", wire.Rules{})
	for i := 1; i <= 200; i++ {
		n.push("b", event("s", i, fmt.Sprint("m", i), float64(i%20)))
	}
	n.audits("same")
	if got := n.metrics(); strings.Contains(got, `result="mismatch"`) {
		t.Error("a sound board was found wrong")
	}
}
