package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestRedisOutage: for a minute Redis does not answer. Nobody leaves because
// of it, whoever pushes is told to come again, and what is acknowledged counts
// once.
func TestRedisOutage(t *testing.T) {
	t.Run("frozen", func(t *testing.T) {
		t.Parallel()
		testOutage(t, func(c *harness.Cluster) func() {
			c.Redis.Freeze()
			return c.Redis.Thaw
		})
	})
	t.Run("blackhole", func(t *testing.T) {
		t.Parallel()
		testOutage(t, func(c *harness.Cluster) func() {
			for _, n := range c.Nodes {
				n.Redis.Blackhole()
			}
			return func() { // the first back must not take the others' users for gone
				c.Nodes[0].Redis.Heal()
				time.Sleep(harness.Scaled(10 * time.Second))
				c.Nodes[1].Redis.Heal()
				c.Nodes[2].Redis.Heal()
			}
		})
	})
}

func testOutage(t *testing.T, fail func(*harness.Cluster) (heal func())) {
	c := harness.StartCluster(t, harness.Config{})
	newBoard(t, c.Nodes[0].Dial(), "b", wire.Rules{})
	tokens := c.Keys.Players("hall", 12)
	var watchers []*watcher
	for i, n := range c.Nodes {
		watchers = append(watchers, watch(t, fmt.Sprintf("node %d", i), n.Dial(), "hall"))
	}
	var clients []*client.Client
	for i, token := range tokens[1:] {
		clients = append(clients, enter(t, c.Nodes[i%3], token, "hall"))
	}
	for _, w := range watchers {
		w.until("everybody", func(s client.RoomState) bool { return s.Count == len(clients) })
	}
	ledgers, stop := fillAll(t, "b", c.Nodes[0].Dial(), c.Nodes[1].Dial(), c.Nodes[2].Dial())
	defer stop()
	wantProgress(t, patience, ledgers...)

	heal := fail(c)
	healed := sync.OnceFunc(heal)
	defer healed()
	begin := time.Now()
	for _, w := range watchers {
		w.until("degraded", func(s client.RoomState) bool { return s.Degraded && s.Count == len(clients) })
	}
	for i, n := range c.Nodes {
		code, took := pushOnce(t, c, n, fmt.Sprintf("during-%d", i))
		if code != wire.Unavailable && code != wire.Busy {
			t.Errorf("node %d answers a push with %q; want unavailable or busy", i, code)
		}
		if took > 10*time.Second {
			t.Errorf("node %d took %v to answer a push", i, took)
		}
		t.Logf("node %d answered %s after %v", i, code, took.Round(time.Millisecond))
	}
	time.Sleep(time.Until(begin.Add(harness.Scaled(time.Minute))))
	healed()

	for _, w := range watchers {
		w.until("healthy", func(s client.RoomState) bool { return !s.Degraded && s.Count == len(clients) })
	}
	wantProgress(t, patience, ledgers...)
	until(t, patience, func() string {
		if code, _ := pushOnce(t, c, c.Nodes[0], "after"); code != "" {
			return "a push is answered with " + string(code)
		}
		return ""
	})
	stop()
	// Past the threshold for which nobody is removed after an outage.
	time.Sleep(harness.Scaled(35 * time.Second))
	enter(t, c.Nodes[0], tokens[0], "hall")
	for _, w := range watchers {
		w.shows("p00000", true)
		w.wantNoLeave()
		if w.wasDegraded() == 0 {
			t.Errorf("watcher %s was never told that the roster is degraded", w.name)
		}
	}
	nodes := dialAll(c)
	version := agreed(t, "b", nodes...)
	for _, n := range nodes {
		page := readBoard(t, n.API, "b", version)
		wantExact(t, page, ledgers...)
	}
}

// pushOnce pushes one event by HTTP, without trying again, and returns the code
// of the answer, "" if it was taken.
func pushOnce(t *testing.T, c *harness.Cluster, n *harness.Node, id string) (wire.Code, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body := fmt.Sprintf(`{"member":"once","op":"set","score":1,"id":%q}`, id)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.Front.Addr+"/v1/boards/b/events", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Admin())
	req.Header.Set("Content-Type", "application/json")
	begin := time.Now()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("a push after %v: %v", time.Since(begin), err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		wire.Results
		wire.Failure
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %s", err, text.String())
	}
	took := time.Since(begin)
	switch {
	case answer.Error != nil:
		return answer.Error.Code, took
	case len(answer.Results.Results) == 1 && answer.Results.Results[0].Error != nil:
		return answer.Results.Results[0].Error.Code, took
	}
	return "", took
}

// converges is how soon a node without the bus sees what another applied.
const converges = 1500 * time.Millisecond

// wantShown pushes an event and waits until each has been shown it; it returns
// how long that took.
func wantShown(t *testing.T, src *client.Source, shown ...*shownBoard) time.Duration {
	t.Helper()
	results := wantApplied(t, src, incr("m", 1))
	acked := time.Now()
	for _, s := range shown {
		s.at(t, results[0].Version)
	}
	return time.Since(acked)
}

// wantBus waits until events are shown faster, ten in a row, than a node that
// polls could show them.
func wantBus(t *testing.T, src *client.Source, shown ...*shownBoard) {
	t.Helper()
	row := 0
	until(t, patience, func() string {
		if took := wantShown(t, src, shown...); took > 300*time.Millisecond {
			row = 0
			return fmt.Sprintf("an event was shown after %v", took)
		}
		if row++; row < 10 {
			return fmt.Sprintf("%d events in a row were shown quickly", row)
		}
		return ""
	})
}

func TestBoardsGoOnWithoutNATS(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	newBoard(t, c.Nodes[0].Dial(), "b", wire.Rules{})
	src := newSource(t, c.Nodes[0].Dial(), "b", "bot")
	shown := watchEverywhere(t, c, "b")
	room := watch(t, "third", c.Nodes[2].Dial(), "hall")
	tokens := c.Keys.Players("hall", 3)
	wantBus(t, src, shown...)

	t.Log("every NATS server is down")
	c.NATS.StopAll()
	enter(t, c.Nodes[0], tokens[0], "hall")
	wantConverging(t, src, shown...)
	room.shows("p00000", true) // by the look at versions, each 10 s
	c.NATS.StartAll()
	wantBus(t, src, shown...)
	enter(t, c.Nodes[0], tokens[1], "hall")
	room.shows("p00001", true)

	t.Log("one node's links to NATS are blackholes")
	for _, p := range c.Nodes[1].NATS {
		p.Blackhole()
	}
	wantConverging(t, src, shown...)
	other := newSource(t, c.Nodes[1].Dial(), "b", "other")
	wantConverging(t, other, shown...)
	for _, p := range c.Nodes[1].NATS {
		p.Heal()
	}
	wantBus(t, src, shown...)
	wantBus(t, other, shown...)

	t.Log("one NATS server is down")
	c.NATS.Stop(0)
	wantBus(t, src, shown...)
	enter(t, c.Nodes[1], tokens[2], "hall")
	room.shows("p00002", true)
	room.wantNoLeave()
}

// wantConverging pushes some events, each of which must be shown in the time
// that polling takes.
func wantConverging(t *testing.T, src *client.Source, shown ...*shownBoard) {
	t.Helper()
	slowest := time.Duration(0)
	for range 5 {
		slowest = max(slowest, wantShown(t, src, shown...))
	}
	t.Logf("the slowest of 5 events was shown everywhere after %v", slowest.Round(time.Millisecond))
	if slowest > converges+slack {
		t.Errorf("an event was shown after %v; want %v", slowest, converges)
	}
}
