package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/hub/pebblejournal"
	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// journaling is a node on a real Redis that keeps a journal in a directory.
type journaling struct {
	*testNode
	server  *redistest.Server
	store   *redisboard.Store
	dir     string
	journal *pebblejournal.Journal
}

func newJournaling(t *testing.T, change ...func(*hub.Config)) *journaling {
	t.Helper()
	server := redistest.Start(t)
	j := &journaling{server: server, store: redisboard.New(server.Clients(), redisboard.Config{}), dir: t.TempDir()}
	j.open(t, change...)
	return j
}

// open starts a node in the same directory.
func (j *journaling) open(t *testing.T, change ...func(*hub.Config)) {
	t.Helper()
	journal, err := pebblejournal.Open(j.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	j.journal = journal
	t.Cleanup(func() { _ = journal.Close() })
	cfg := hub.Config{Shared: true, HeadPoll: 50 * time.Millisecond, Journal: journal}
	for _, c := range change {
		c(&cfg)
	}
	j.testNode = newHub(t, cfg, func(_ hub.Boards, r hub.Roster) (hub.Boards, hub.Roster) { return j.store, r }).listen()
}

// stop ends the node; its journal stays in the directory.
func (j *journaling) stop() {
	j.Helper()
	j.hub.Close()
	if err := j.journal.Close(); err != nil {
		j.Fatal(err)
	}
}

// restart brings Redis back as it was at the last save.
func (j *journaling) rollback() {
	j.server.Kill()
	j.server.Restart()
}

// numbered pushes incr events of source s, one bit of the score each up to 50,
// and never sends one again.
func (j *journaling) numbered(from, to int, change ...func(map[string]any)) {
	j.Helper()
	for seq := from; seq <= to; seq++ {
		e := map[string]any{"member": fmt.Sprint("m", seq/50), "op": "incr", "score": uint64(1) << (seq % 50), "source": "s", "seq": seq}
		for _, c := range change {
			c(e)
		}
		wantStatuses(j, j.pushAt("b", "?journal=true", e), "applied")
	}
}

// wantNumbered checks that events up to seq counted, each once.
func (j *journaling) wantNumbered(seq int) {
	j.Helper()
	want := map[string]float64{}
	for i := 1; i <= seq; i++ {
		want[fmt.Sprint("m", i/50)] += float64(uint64(1) << (i % 50))
	}
	within(j, fmt.Sprintf("the store to have %d events", seq), func() bool {
		at, _, err := j.store.Source(context.Background(), "b", "s")
		return err == nil && at.Seq == uint64(seq)
	})
	snap, err := j.store.Snapshot(context.Background(), "b")
	if err != nil {
		j.Fatal(err)
	}
	n := 0
	for e := range snap.Entries {
		if n++; e.Score != want[e.Member] {
			j.Errorf("%s has %v, want %v", e.Member, e.Score, want[e.Member])
		}
	}
	if n != len(want) {
		j.Errorf("%d members, want %d", n, len(want))
	}
}

func (j *journaling) wantMetric(line string) {
	j.Helper()
	within(j, line, func() bool { return strings.Contains(j.metrics(), line+"\n") })
}

func generation(g int) func(map[string]any) {
	return func(e map[string]any) { e["generation"] = g }
}

func durableOn(level leaderboard.Level) func(*hub.Config) {
	return func(c *hub.Config) { c.Durable = level }
}

// The bot is a script that forgets each event once it is acknowledged.
func TestJournalBringsBackWhatRedisForgot(t *testing.T) {
	for _, durable := range []leaderboard.Level{"", leaderboard.LevelDisk} { // of which this Redis proves nothing
		t.Run("durable level "+string(durable), func(t *testing.T) {
			j := newJournaling(t, durableOn(durable))
			j.board("b", wire.Rules{})
			j.numbered(1, 100)
			save(t, j.server)
			j.numbered(101, 240)
			j.wantMetric("rollcall_journal_events 240")
			j.rollback()
			j.wantNumbered(240)
			j.wantMetric("rollcall_journal_replayed_total 140")
			save(t, j.server)
			j.numbered(241, 250) // the script goes on
			j.rollback()
			j.wantNumbered(250)
		})
	}
}

// What was refused for good is refused again, so that what comes after counts;
// cells that were deleted are deleted again.
func TestJournalBringsBackEveryKindOfEvent(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{Tie: "given"})
	save(t, j.server)
	long := strings.Repeat("x", 300)
	res := j.pushAt("b", "?journal=true", []any{
		map[string]any{"member": "ann", "op": "set", "score": 1.5, "tie": -3, "name": "Ann", "group": "g", "cells": map[string]any{"A": 1, "B": 2}, "source": "s", "seq": 1},
		map[string]any{"member": "bob", "op": "set", "score": 1, "tie": 1, "name": long, "source": "s", "seq": 2},
		map[string]any{"member": "nobody", "op": "patch", "source": "s", "seq": 3},
		map[string]any{"member": "ann", "op": "patch", "cells": map[string]any{"A": nil}, "source": "s", "seq": 4},
		map[string]any{"member": "cid", "op": "best", "score": 7, "tie": 2, "source": "t", "seq": 1},
	})
	wantStatuses(t, res, "applied", "too_long name", "unknown_member member", "applied", "applied")
	was := j.page("b", "")
	j.rollback()
	within(t, "both sources", func() bool {
		s, _, err := j.store.Source(t.Context(), "b", "s")
		u, _, failed := j.store.Source(t.Context(), "b", "t")
		return err == nil && failed == nil && s.Seq == 4 && u.Seq == 1
	})
	is, err := j.store.Snapshot(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	for e := range is.Entries {
		for _, w := range was.Entries {
			if w.Member == e.Member && (w.Score != e.Score || w.Tie != e.Tie || w.Name != e.Name || w.Group != e.Group || fmt.Sprint(w.Cells) != fmt.Sprint(map[string]any(cellsOf(e)))) {
				t.Errorf("%+v, was %+v", e, w)
			}
		}
	}
	if is.Total != 2 || is.Head.Version != was.Version {
		t.Errorf("%d entries at %+v, were %+v", is.Total, is.Head, was)
	}
	wantStatuses(t, j.push("b", []any{event("s", 2, "bob", 1), event("s", 3, "bob", 1)}), "too_long name", "unknown_member member")
}

func cellsOf(e leaderboard.Entry) map[string]any {
	m := map[string]any{}
	for k, v := range e.Cells {
		m[k] = v
	}
	return m
}

// The next node in the same directory does what the last one could not.
func TestJournalOfANodeThatEndedIsSentAgain(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	save(t, j.server)
	j.numbered(1, 60)
	j.stop()
	j.rollback()
	j.open(t)
	j.wantNumbered(60)
	j.wantMetric("rollcall_journal_events 60")
}

// A sender that has claimed the source since gives the numbers to other events.
func TestJournalOfAFencedSenderIsDropped(t *testing.T) {
	for _, g := range []int{1, 0} {
		t.Run(fmt.Sprintf("sent generation %d", g), func(t *testing.T) {
			j := newJournaling(t)
			j.board("b", wire.Rules{})
			j.want(200, "POST", "/v1/boards/b/sources/s/claim", nil, nil)
			save(t, j.server)
			j.numbered(1, 10, generation(g))
			j.stop() // or it would be first
			j.rollback()
			if at, _, err := j.store.Claim(t.Context(), "b", "s"); err != nil || at.Seq != 0 || at.Generation != 2 {
				t.Fatalf("%+v, %v", at, err)
			}
			j.open(t)
			j.wantMetric(`rollcall_journal_dropped_total{reason="fenced"} 10`)
			j.wantMetric("rollcall_journal_events 0")
			j.wantMetric("rollcall_journal_replayed_total 0")
			j.wantNumbered(0)
			j.numbered(1, 3, generation(2))
		})
	}
}

func TestJournalOutlivesAForgottenClaim(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	save(t, j.server)
	j.want(200, "POST", "/v1/boards/b/sources/s/claim", nil, nil)
	j.numbered(1, 10, generation(1))
	j.rollback()
	j.wantNumbered(10)
	if at, _, err := j.store.Source(t.Context(), "b", "s"); err != nil || at.Generation != 0 {
		t.Errorf("%+v, %v", at, err)
	}
	wantStatuses(t, j.push("b", map[string]any{"member": "m", "op": "incr", "score": 1, "source": "s", "seq": 11, "generation": 1}), "fenced generation")
	j.want(200, "POST", "/v1/boards/b/sources/s/claim", nil, nil)
	j.numbered(11, 20, generation(1))
}

// A board that was deleted, or made anew, gets nothing of the old one.
func TestJournalIsForOneBoardOnly(t *testing.T) {
	for reason, again := range map[string]bool{"deleted": false, "other_board": true} {
		t.Run(reason, func(t *testing.T) {
			j := newJournaling(t, func(c *hub.Config) { c.ReplicaKeep = time.Second })
			j.board("b", wire.Rules{})
			j.numbered(1, 10)
			j.want(204, "DELETE", "/v1/boards/b", nil, nil)
			if again {
				j.board("b", wire.Rules{})
			}
			j.wantMetric(`rollcall_journal_dropped_total{reason="` + reason + `"} 10`)
			j.wantMetric("rollcall_journal_events 0")
			if again {
				j.wantNumbered(0)
				j.numbered(1, 5)
				j.wantMetric("rollcall_journal_events 5")
			}
		})
	}
}

// Redis that comes back empty has lost the board: its events wait until it is
// restored.
func TestJournalWaitsForABoardThatIsLost(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	j.numbered(1, 10)
	archive, err := j.store.Archive(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	j.numbered(11, 30)
	j.rollback() // to nothing
	within(t, "the loss to be noticed", func() bool { return strings.Contains(j.metrics(), "rollcall_boards_lost 1\n") })
	j.stop() // the next node knows nothing of the board but from the journal
	j.open(t)
	j.wantMetric(`rollcall_proofs_total{result="failed"} 1`)
	j.wantMetric("rollcall_journal_events 30")
	if _, err := j.store.Restore(t.Context(), "b", archive); err != nil {
		t.Fatal(err)
	}
	j.wantNumbered(30)
}

// Two nodes took a source's events in turn; each has a part of them.
func TestJournalsOfTwoNodesWaitForEachOther(t *testing.T) {
	a := newJournaling(t)
	b := &journaling{server: a.server, store: a.store, dir: t.TempDir()}
	b.open(t)
	a.board("b", wire.Rules{})
	save(t, a.server)
	for seq := 1; seq <= 20; seq += 4 {
		a.numbered(seq, seq+1)
		b.numbered(seq+2, seq+3)
	}
	a.rollback()
	a.wantNumbered(20)
}

// Once the store has proven that it has them for good, they are forgotten.
func TestJournalForgetsWhatIsDurable(t *testing.T) {
	j := newJournaling(t, durableOn(leaderboard.LevelDisk))
	j.board("b", wire.Rules{})
	j.numbered(1, 20)
	j.wantMetric("rollcall_journal_events 20")
	c := j.server.Clients().Write
	for key, value := range map[string]string{"appendonly": "yes", "appendfsync": "always"} {
		if err := c.ConfigSet(t.Context(), key, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	j.wantMetric("rollcall_journal_events 0")
	j.wantMetric("rollcall_journal_bytes 0")
	wantAcks(t, j.pushAt("b", "?journal=true&ack=disk", incr("s", 21)), "applied disk")
	j.wantMetric("rollcall_journal_events 0")
	j.stop()
	j.open(t)
	if m := j.metrics(); !strings.Contains(m, "rollcall_journal_events 0\n") {
		t.Error("they are read again")
	}
}
