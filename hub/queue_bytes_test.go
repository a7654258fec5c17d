package hub

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/leaderboard"
	"rollcall/wire"
)

// gated is a store that takes a batch when it is let.
type gated struct {
	Boards
	let chan error
}

func (g gated) Apply(_ context.Context, _ string, batch []leaderboard.Event, _ leaderboard.Level) (leaderboard.Outcome, error) {
	return leaderboard.Outcome{Results: make([]leaderboard.Result, len(batch))}, <-g.let
}

func (gated) MaxLevel() leaderboard.Level { return leaderboard.LevelMemory }

// bytesJob is a job of one event of about so many bytes.
func bytesJob(n int) job {
	e := leaderboard.Event{Cells: leaderboard.Cells{"c": make([]byte, n)}}
	return job{events: []leaderboard.Event{e}, bytes: n, done: func(leaderboard.Outcome, *wire.Error, error) {}}
}

func TestLineIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := gated{let: make(chan error)}
		h := New(Config{QueueBytes: 1000, NodeQueueBytes: 2500, BatchMax: 1}, store, nil, silent{})
		defer h.Close()
		refused := map[string]int{}
		add := func(board string, bytes int, want wire.Code, limit string) {
			t.Helper()
			refused[limit]++
			fault := h.queues.add(board, bytesJob(bytes))
			switch {
			case want == "" && fault != nil, want != "" && (fault == nil || fault.Code != want || fault.RetryAfterMS == 0):
				t.Errorf("%d bytes for %s: %v, want %q", bytes, board, fault, want)
			case want != "" && !strings.Contains(scrape(h), fmt.Sprintf("rollcall_refused_total{limit=%q} %d\n", limit, refused[limit])):
				t.Errorf("%d bytes for %s are not counted as %s", bytes, board, limit)
			}
		}
		add("a", 600, "", "")
		add("a", 400, "", "")
		add("a", 1, wire.Busy, "queue_bytes")
		add("b", 1400, "", "") // one alone is taken, or it never were
		add("c", 200, wire.Busy, "node_queue_bytes")
		synctest.Wait()
		add("a", 1, wire.Busy, "queue_bytes") // what the store works on counts
		store.let <- nil                      // of a or of b
		store.let <- nil
		store.let <- nil
		synctest.Wait()
		if got := h.queues.held(); got != 0 {
			t.Errorf("%d bytes are held by nobody", got)
		}
		add("a", 600, "", "")
		store.let <- leaderboard.ErrUnavailable
		synctest.Wait()
		if got := h.queues.held(); got != 0 {
			t.Errorf("%d bytes of a batch that failed are held", got)
		}
	})
}

// A line's array must not hold what has been answered.
func TestAnsweredEventsAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := gated{let: make(chan error)}
		h := New(Config{BatchMax: 1}, store, nil, silent{})
		for range 3 {
			if fault := h.queues.add("a", bytesJob(100)); fault != nil {
				t.Fatal(fault)
			}
		}
		synctest.Wait() // the store has the first
		h.queues.mu.Lock()
		all := h.queues.lines["a"].jobs
		h.queues.mu.Unlock()
		for range 3 {
			store.let <- nil
		}
		h.Close()
		for i, j := range all[:cap(all)] {
			if j.events != nil || j.done != nil {
				t.Errorf("job %d is held", i)
			}
		}
	})
}

func TestBytesOfAnEventAreWhatItHolds(t *testing.T) {
	name := strings.Repeat("n", 200)
	e := &leaderboard.Event{Member: "m", Name: &name, Cells: leaderboard.Cells{"c": []byte(strings.Repeat("1", 60_000))}}
	if got := eventBytes(e); got < 60_200 || got > 62_000 {
		t.Errorf("%d bytes", got)
	}
}

// lines counts what is logged.
type lines struct {
	slog.Handler
	all []string
}

func (*lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	text := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { text += fmt.Sprint(" ", a.Key, "=", a.Value); return true })
	l.all = append(l.all, text)
	return nil
}

// The log hears of a store that fails, not of each batch.
func TestFailedBatchesAreLoggedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		h := New(Config{Logger: slog.New(log)}, stalled{}, nil, silent{})
		defer h.Close()
		for i := range 1000 { // over 10 s
			h.noteApply(fmt.Sprint("b", i%100), 1, time.Millisecond, fmt.Errorf("%w: refused", leaderboard.ErrUnavailable))
			h.noteApply("c", 1, 0, lostFault("c"))
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(log.all); n < 9 || n > 10 {
			t.Errorf("%d lines in 10 s", n)
		}
		for i, line := range log.all {
			if !strings.HasPrefix(line, "ERROR batch not applied board=b") || i > 0 && !strings.Contains(line, "more=99") || !strings.Contains(line, "refused") {
				t.Errorf("line %q", line)
			}
		}
		if !strings.Contains(scrape(h), "rollcall_apply_seconds_count 1000\n") {
			t.Error("a batch that was withheld is counted as a call of the store")
		}
	})
}

// Boards that failed once and were never tried again make room for others.
func TestBreakerForgetsFailuresForRoom(t *testing.T) {
	h := New(Config{}, stalled{}, nil, silent{})
	defer h.Close()
	for i := range breakerMax {
		h.breaker.report(fmt.Sprint("b", i), leaderboard.ErrUnavailable)
	}
	for range breakerFailures {
		h.breaker.report("last", leaderboard.ErrUnavailable)
	}
	if h.breaker.refuse("last") == nil {
		t.Error("the store is asked on of a board that fails, since others failed once")
	}
	if n := len(h.breaker.circuits); n > breakerMax {
		t.Errorf("%d boards are watched", n)
	}
}

// scrape is what /metrics shows.
func scrape(h *Hub) string {
	w := httptest.NewRecorder()
	h.metrics.serve(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}
