package hub_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

func TestJournalIsRefusedWhereThereIsNone(t *testing.T) {
	for what, shared := range map[string]bool{"not needed here": false, "start it with --journal": true} {
		n := newNode(t, func(c *hub.Config) { c.Shared = shared })
		n.board("b", wire.Rules{})
		if f := n.fault("POST", "/v1/boards/b/events?journal=true", incr("s", 1)); f.Code != wire.BadRequest || f.Field != "journal" || !strings.Contains(f.Message, what) {
			t.Errorf("shared %v: %+v", shared, f)
		}
		bot := n.hello("bot")
		req := wire.Request{Op: wire.OpScore, Board: "b", Events: raw(t, incr("s", 1)), Journal: true}
		bot.wantFault(wire.BadRequest, "journal", req)
		admin := hub.Principal{Roles: []hub.Role{hub.Admin}}
		wantMessage(t, n.hub.PushMessage(admin, "b", hub.Asked{Journal: "true"}, []byte(`{}`)), "bad_request")
		wantStatuses(t, n.pushAt("b", "?journal=false", incr("s", 1)), "applied")
	}
}

// An id is remembered for minutes: sent again after that it would count twice.
func TestJournalKeepsNumberedEventsOnly(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	byID := map[string]any{"member": "m", "op": "incr", "score": 1, "id": "x"}
	for _, events := range []any{byID, []any{incr("s", 1), byID}, map[string]any{"member": "m", "op": "incr", "score": 1}} {
		if f := j.fault("POST", "/v1/boards/b/events?journal=true", events); f.Code != wire.BadRequest || f.Field != "journal" {
			t.Errorf("%v: %+v", events, f)
		}
	}
	if f := j.fault("POST", "/v1/boards/b/events?journal=yes", incr("s", 1)); f.Code != wire.BadRequest || f.Field != "journal" {
		t.Errorf("journal=yes: %+v", f)
	}
	bot := j.hello("bot")
	bot.wantFault(wire.BadRequest, "journal", wire.Request{Op: wire.OpScore, Board: "b", Events: raw(t, byID), Journal: true})
	status, body := j.call("POST", "/v1/boards/b/events?journal=true", `{"member":"m","op":"incr","score":1,"source":"s","seq":1}`+"\n"+`{"member":"m","op":"incr","score":1,"id":"x"}`+"\n", "Content-Type", "application/x-ndjson")
	if lines := strings.Split(strings.TrimSpace(string(body)), "\n"); status != 200 || len(lines) != 2 || !strings.Contains(lines[0], `"applied"`) || !strings.Contains(lines[1], `"bad_request"`) {
		t.Errorf("NDJSON: %d %s", status, body)
	}
	if p := j.page("b", ""); p.Version != 1 {
		t.Errorf("%+v", p)
	}
	j.wantMetric("rollcall_journal_events 1")
}

func TestEveryTransportHasTheJournal(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	save(t, j.server)
	bot := j.hello("bot")
	var res wire.Results
	bot.ok(wire.Request{Op: wire.OpScore, Board: "b", Events: raw(t, incr("ws", 1), incr("ws", 2)), Journal: true}, &res)
	wantStatuses(t, res.Results, "applied", "applied")
	admin := hub.Principal{Roles: []hub.Role{hub.Admin}}
	wantMessage(t, j.hub.PushMessage(admin, "b", hub.Asked{Journal: "true"}, []byte(`{"member":"m","op":"incr","score":1,"source":"nats","seq":1}`)), "applied memory")
	wantStatuses(t, j.push("b", incr("none", 1)), "applied")
	j.rollback()
	within(t, "what was kept", func() bool {
		ws, _, err := j.store.Source(t.Context(), "b", "ws")
		nats, _, failed := j.store.Source(t.Context(), "b", "nats")
		return err == nil && failed == nil && ws.Seq == 2 && nats.Seq == 1
	})
	if at, _, err := j.store.Source(t.Context(), "b", "none"); err != nil || at.Seq != 0 {
		t.Errorf("who did not ask for it: %+v, %v", at, err)
	}
}

// With a durable level the journal ends by itself: who comes while it is full
// waits. Without one the oldest make room.
func TestFullJournal(t *testing.T) {
	small := func(c *hub.Config) { c.Limits.JournalEvents = 10 }
	t.Run("refuses", func(t *testing.T) {
		j := newJournaling(t, small, durableOn(leaderboard.LevelDisk))
		j.board("b", wire.Rules{})
		j.numbered(1, 10)
		wantStatuses(t, j.pushAt("b", "?journal=true", incr("s", 11)), "busy ")
		j.wantMetric(`rollcall_refused_total{limit="journal"} 1`)
		j.wantMetric("rollcall_journal_events 10")
		wantStatuses(t, j.push("b", incr("s", 11)), "applied")
	})
	t.Run("drops the oldest", func(t *testing.T) {
		j := newJournaling(t, small)
		j.board("b", wire.Rules{})
		j.numbered(1, 30)
		j.wantMetric("rollcall_journal_events 10")
		j.wantMetric(`rollcall_journal_dropped_total{reason="full"} 20`)
		j.stop()
		j.open(t, small)
		j.wantMetric("rollcall_journal_events 10")
	})
	t.Run("in bytes", func(t *testing.T) {
		j := newJournaling(t, func(c *hub.Config) { c.Limits.JournalBytes = 2500 }, durableOn(leaderboard.LevelDisk))
		j.board("b", wire.Rules{})
		j.numbered(1, 3)
		long := incr("s", 4)
		long["name"] = strings.Repeat("x", 250)
		for range 5 { // what is refused takes no room
			wantStatuses(t, j.pushAt("b", "?journal=true", []any{long, long, long, long}), "busy ", "busy ", "busy ", "busy ")
		}
		j.numbered(4, 5)
	})
}

// A resend takes no second place, and is acknowledged when the first is kept.
func TestResendIsKeptOnce(t *testing.T) {
	j := newJournaling(t)
	j.board("b", wire.Rules{})
	j.numbered(1, 5)
	for range 3 {
		wantStatuses(t, j.pushAt("b", "?journal=true", incr("s", 5)), "duplicate")
	}
	wantStatuses(t, j.pushAt("b", "?journal=true", []any{incr("s", 9), incr("t", 2)}), "gap seq", "gap seq")
	j.wantMetric("rollcall_journal_events 5")
	j.wantMetric("rollcall_events_queued 0")
}

// brittle is a journal whose disk may fail.
type brittle struct {
	hub.Journal
	failing atomic.Bool
}

func (b *brittle) Write(ctx context.Context, keep []hub.JournalEntry, forget []hub.JournalKey) error {
	if b.failing.Load() {
		return errors.New("disk full")
	}
	return b.Journal.Write(ctx, keep, forget)
}

func TestWhatIsNotInTheJournalIsNotAcknowledged(t *testing.T) {
	var disk brittle
	j := newJournaling(t, func(c *hub.Config) {
		disk.Journal = c.Journal
		c.Journal = &disk
	})
	j.board("b", wire.Rules{})
	j.numbered(1, 2)
	disk.failing.Store(true)
	for range 2 {
		res := j.pushAt("b", "?journal=true", incr("s", 3))
		if wantStatuses(t, res, "unavailable "); !strings.Contains(res[0].Error.Message, "journal") || res[0].Error.RetryAfterMS == 0 {
			t.Errorf("%+v", res[0].Error)
		}
	}
	wantStatuses(t, j.push("b", incr("s", 3)), "duplicate") // without a journal it is one
}
