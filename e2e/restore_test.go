package e2e_test

import (
	"bufio"
	"encoding/json"
	"iter"
	"net/http"
	"os"
	"strings"
	"testing"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// A copy of the data directory is put back, and other events bring the board to
// the version it had: only the chain tells the two histories apart.
func TestRestoredOldCopyIsToldApart(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	bot := hub.Dial()
	judge := newSource(t, bot, "b", "judge")
	wantApplied(t, judge, set("ann", 1), set("bob", 2))
	old := copyOf(t, hub)

	wantApplied(t, judge, set("ann", 10), set("bob", 20), set("cay", 30))
	_ = bot.Close() // its outbox would bring them back
	first := readBoard(t, c.API, "b")
	at := firstEvent(t, hub, "b", "").id

	restore(t, hub, old)
	if no := pushed(t, hub, `{"member":"dan","op":"set","score":40,"source":"judge","seq":6}`).Error; no == nil || no.Code != wire.Gap || no.Expected != 3 {
		t.Errorf("the sender of forgotten events is told %v, want a gap that expects 3", no)
	}
	other := newSource(t, c, "b", "judge")
	if other.Last() != 2 {
		t.Errorf("the source stands at %d, want 2", other.Last())
	}
	wantApplied(t, other, set("eve", 1), set("fox", 2), set("gnu", 3))

	second := readBoard(t, c.API, "b")
	if first.Epoch != second.Epoch || first.Version != second.Version {
		t.Fatalf("histories end at %s/%d and %s/%d: this test wants the same", first.Epoch, first.Version, second.Epoch, second.Version)
	}
	resumed := firstEvent(t, hub, "b", at)
	if resumed.kind != "snapshot" {
		t.Errorf("resuming from the other history gave a %s, want a snapshot", resumed.kind)
	}
	if resumed.id == at {
		t.Error("two histories have the same at")
	}
	if !strings.Contains(resumed.data, "gnu") || strings.Contains(resumed.data, "cay") {
		t.Errorf("resumed onto %s", resumed.data)
	}
}

// pushed is the result of one event that is sent as it is.
func pushed(t *testing.T, hub *harness.Hub, event string) wire.Result {
	t.Helper()
	res, err := http.Post(hub.URL+"/v1/boards/b/events", "application/json", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer wire.Results
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Results) != 1 {
		t.Fatalf("answer %+v, %v", answer, err)
	}
	return answer.Results[0]
}

// A watcher that lived through it all shows the history that is, not the one
// that was, though their versions are equal.
func TestWatcherFollowsARestoredCopy(t *testing.T) {
	hub := harness.Start(t)
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	wantApplied(t, newSource(t, c, "b", "judge"), set("ann", 1))
	old := copyOf(t, hub)
	bot := hub.Dial()
	wantApplied(t, newSource(t, bot, "b", "one"), set("old", 2))
	_ = bot.Close() // its outbox would bring it back
	version := readBoard(t, c.API, "b").Version

	next, stop := iter.Pull2(hub.Dial().WatchBoard(bounded(t), "b", client.BoardOptions{}))
	defer stop()
	shows := func(leader string) func(client.BoardState) bool {
		return func(s client.BoardState) bool {
			return s.Connected && s.Version == version && s.Entries[0].Member == leader
		}
	}
	await(t, next, shows("old"))
	restore(t, hub, old)
	wantApplied(t, newSource(t, c, "b", "two"), set("new", 2))
	await(t, next, shows("new"))
}

// copyOf stops the hub, copies its data and starts it again.
func copyOf(t *testing.T, hub *harness.Hub) (dir string) {
	t.Helper()
	dir = t.TempDir()
	hub.Stop()
	if err := os.CopyFS(dir, os.DirFS(hub.Dir)); err != nil {
		t.Fatal(err)
	}
	hub.Restart()
	return dir
}

// restore stops the hub, puts a copy in the place of its data and starts it
// again.
func restore(t *testing.T, hub *harness.Hub, dir string) {
	t.Helper()
	hub.Stop()
	hub.Dir = t.TempDir()
	if err := os.CopyFS(hub.Dir, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	hub.Restart()
}

// event is one server-sent event.
type event struct{ kind, id, data string }

// firstEvent opens a board's stream, resuming from at, and returns what it says
// first.
func firstEvent(t *testing.T, hub *harness.Hub, board, at string) (e event) {
	t.Helper()
	req, err := http.NewRequestWithContext(bounded(t), http.MethodGet, hub.URL+"/v1/boards/"+board+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	if at != "" {
		req.Header.Set("Last-Event-ID", at)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch key, value, _ := strings.Cut(lines.Text(), ": "); {
		case key == "event":
			e.kind = value
		case key == "id":
			e.id = value
		case key == "data":
			e.data = value
		case lines.Text() == "" && e.kind != "":
			return e
		}
	}
	t.Fatalf("the stream ended: %v", lines.Err())
	return e
}
