package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// A script pushes and forgets; then the node is killed, and Redis comes back
// from a dump that has none of it. The node that starts on the same directory
// sends all of it again.
func TestJournalOutlivesAKilledNodeAndARollback(t *testing.T) {
	const events = 300
	dir := t.TempDir()
	c := harness.StartCluster(t, harness.Config{Nodes: 1, Flags: []string{"--journal", dir}})
	n := c.Nodes[0]
	organiser := n.Dial()
	newBoard(t, organiser, "b", wire.Rules{})
	if err := c.Redis.Clients().Write.Save(bounded(t)).Err(); err != nil {
		t.Fatal(err)
	}
	for seq := 1; seq <= events; seq++ {
		post(t, n.URL, c.Admin(), fmt.Sprintf(`{"member":"m%d","op":"incr","score":%d,"source":"script","seq":%d}`, seq/50, uint64(1)<<(seq%50), seq))
	}
	n.Kill()
	<-n.Exited()
	c.Redis.Kill()
	c.Redis.Restart()
	began := time.Now()
	n.Restart()
	api := n.Dial()
	until(t, patience, func() string {
		at, err := api.SourceState(bounded(t), "b", "script")
		if err == nil && at.Seq == events {
			return ""
		}
		return fmt.Sprintf("the source stands at %+v, %v", at, err)
	})
	t.Logf("all %d events are back %v after the node was started again", events, time.Since(began).Round(time.Millisecond))
	want := map[string]float64{}
	for seq := 1; seq <= events; seq++ {
		want[fmt.Sprint("m", seq/50)] += float64(uint64(1) << (seq % 50))
	}
	page, err := api.Board(bounded(t), "b", client.BoardQuery{Limit: wire.MaxPage, MinVersion: events})
	if err != nil || page.Total != len(want) {
		t.Fatalf("%d entries, %v", page.Total, err)
	}
	for _, e := range page.Entries {
		if e.Score != want[e.Member] {
			t.Errorf("%s has %v, want %v", e.Member, e.Score, want[e.Member])
		}
	}
}

// post pushes one event as a script does, which must be acknowledged.
func post(t *testing.T, url, key, event string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, url+"/v1/boards/b/events?journal=true", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var out wire.Results
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || len(out.Results) != 1 || out.Results[0].Status != wire.Applied {
		t.Fatalf("%s: %d %+v, %v", event, res.StatusCode, out, err)
	}
}
