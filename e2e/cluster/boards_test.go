package cluster_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// TestReadsSeeWhatWasAcknowledged: a read with min_version, on whatever node,
// sees the write that was acknowledged on another, also as the first read of a
// board there.
func TestReadsSeeWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	writer := c.Nodes[0].Dial()
	readers := []*client.Client{c.Nodes[1].Dial(), c.Nodes[2].Dial()}
	for b := range 5 {
		board := fmt.Sprintf("b%d", b)
		newBoard(t, writer, board, wire.Rules{})
		src := newSource(t, writer, board, "bot")
		for k := range 40 {
			version := wantApplied(t, src, incr("m", 1))[0].Version
			var wg sync.WaitGroup
			for i, r := range readers {
				wg.Go(func() {
					page, err := r.Board(bounded(t), board, client.BoardQuery{MinVersion: version})
					if err != nil || page.Version < version || len(page.Entries) != 1 || page.Entries[0].Score < float64(k+1) {
						t.Errorf("board %s, event %d, reader %d: %+v, %v; want version %d", board, k, i, page, err, version)
					}
				})
			}
			wg.Wait()
		}
	}
}

func TestBoardsComeAndGoEverywhere(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	here, there := c.Nodes[0].Dial(), c.Nodes[1].Dial()
	newBoard(t, here, "b", wire.Rules{Title: "the first"})
	wantApplied(t, newSource(t, here, "b", "bot"), set("m", 1), set("n", 2))
	shown := watchBoard(t, there, "b")
	first := shown.at(t, 2)
	if first.Total != 2 {
		t.Errorf("%+v; want two entries", first)
	}

	if err := here.DeleteBoard(bounded(t), "b"); err != nil {
		t.Fatal(err)
	}
	until(t, patience, func() string {
		if s := shown.state(); s.Total != 0 || s.Epoch == first.Epoch {
			return fmt.Sprintf("a deleted board shows %d entries of %s", s.Total, s.Epoch)
		}
		return ""
	})
	until(t, patience, func() string {
		if _, err := there.Board(bounded(t), "b", client.BoardQuery{}); codeOf(err) != wire.UnknownBoard {
			return fmt.Sprintf("a read of a deleted board: %v", err)
		}
		return ""
	})

	newBoard(t, here, "b", wire.Rules{Title: "the second"})
	wantApplied(t, newSource(t, here, "b", "bot"), set("x", 3))
	until(t, patience, func() string {
		if s := shown.state(); s.Total != 1 || s.Rules.Title != "the second" {
			return fmt.Sprintf("a board that was made anew shows %d entries, %q", s.Total, s.Rules.Title)
		}
		return ""
	})
	infos, err := there.Boards(bounded(t))
	if err != nil || len(infos) != 1 || infos[0].Epoch == first.Epoch {
		t.Errorf("%+v, %v; want the one board, of another epoch than %s", infos, err, first.Epoch)
	}
}

// TestSentinelReplacesThePrimary: writes go on with the replica, and nothing
// counts twice. What a primary had not yet copied when it died is lost to the
// store; the senders are told and send it again.
func TestSentinelReplacesThePrimary(t *testing.T) {
	t.Parallel()
	set := redistest.StartSentinel(t, 2)
	c := harness.StartCluster(t, harness.Config{Redis: set.URL()})
	newBoard(t, c.Nodes[0].Dial(), "b", wire.Rules{})
	ledgers, stop := fillAll(t, "b", c.Nodes[0].Dial(), c.Nodes[1].Dial(), c.Nodes[2].Dial())
	defer stop()
	wantProgress(t, patience, ledgers...)
	begin := time.Now()
	set.Failover()
	wantProgress(t, patience, ledgers...)
	t.Logf("writes went on %v after the kill", time.Since(begin).Round(time.Millisecond))
	stop()

	nodes := dialAll(c)
	version := agreed(t, "b", nodes...)
	for i, n := range nodes {
		page := readBoard(t, n.API, "b", version)
		for _, l := range ledgers {
			lost, doubled := l.check(page)
			t.Logf("node %d, %s: of %d acknowledged events %d are lost, %d doubled", i, l.source, l.count(), lost, doubled)
			if doubled > 0 {
				t.Errorf("node %d, %s: %d events counted twice", i, l.source, doubled)
			}
		}
	}
}

// TestBoardsSpreadOverACluster pushes to many boards on three primaries from
// every node.
func TestBoardsSpreadOverACluster(t *testing.T) {
	t.Parallel()
	const boards = 30
	rc := redistest.StartCluster(t)
	c := harness.StartCluster(t, harness.Config{Redis: rc.URL()})
	clients := []*client.Client{c.Nodes[0].Dial(), c.Nodes[1].Dial(), c.Nodes[2].Dial()}
	harness.Each(3, boards, func(b int) {
		board := fmt.Sprintf("board-%02d", b)
		if _, err := clients[b%3].PutBoard(bounded(t), board, wire.Rules{}); err != nil {
			t.Error(err)
			return
		}
		for i, cl := range clients {
			src, err := cl.Source(bounded(t), board, fmt.Sprintf("bot-%d", i))
			if err != nil {
				t.Error(err)
				return
			}
			var events []wire.Event
			for k := range 50 { // member k grows by 1 from each of the three
				events = append(events, incr(fmt.Sprintf("m%02d", k), 1), wire.Event{Member: fmt.Sprintf("m%02d", k), Op: wire.OpPatch, Name: new("Member")})
			}
			if _, err := src.Push(bounded(t), events...); err != nil {
				t.Error(err)
			}
		}
	})
	for b := range boards {
		board := fmt.Sprintf("board-%02d", b)
		version := agreed(t, board, clients...)
		for i, cl := range clients {
			page := readBoard(t, cl.API, board, version)
			if page.Version != version {
				t.Errorf("%s: version %d on node %d, want %d", board, page.Version, i, version)
			}
			if page.Total != 50 {
				t.Errorf("%s on node %d: %d entries; want 50", board, i, page.Total)
			}
			for _, e := range page.Entries {
				if e.Score != 3 || e.Name != "Member" || e.Rank < 1 {
					t.Errorf("%s on node %d: %+v; want score 3", board, i, e)
				}
			}
		}
	}
	for _, n := range rc.Nodes {
		direct := redis.NewClient(&redis.Options{Addr: n.Addr})
		keys, err := direct.Keys(t.Context(), "*{b:board-*").Result()
		_ = direct.Close()
		on := map[string]bool{}
		for _, k := range keys {
			_, tag, _ := strings.Cut(k, "{")
			tag, _, _ = strings.Cut(tag, "}")
			on[tag] = true
		}
		t.Logf("%s has %d boards", n.Addr, len(on))
		if err != nil || len(on) < 3 || len(on) > boards-6 {
			t.Errorf("%s has %d of %d boards, %v; want about a third", n.Addr, len(on), boards, err)
		}
	}
}

func TestManyNodesNeedABus(t *testing.T) {
	t.Parallel()
	keys := harness.NewKeys(t)
	p := harness.Run(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--redis", redistest.Start(t).URL()}, keys.Flags()...)...)
	if code := p.Exit(); code == 0 || !strings.Contains(p.Stderr(), "--redis needs --nats") {
		t.Errorf("exit code %d: %s; want a refusal that names --nats", code, p.Stderr())
	}
}
