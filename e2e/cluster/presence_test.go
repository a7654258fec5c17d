package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
)

// enter dials a node as a player and joins the room.
func enter(t testing.TB, n *harness.Node, token, room string) *client.Client {
	t.Helper()
	c := n.Dial(client.Token(token))
	if err := c.Join(bounded(t), room); err != nil {
		t.Fatal(err)
	}
	return c
}

// slack is what a busy machine may add to a promised time.
const slack = 3 * time.Second

// TestTabsOnTwoNodesAreOneUser: a user leaves once, with the last of the nodes
// that hold one of their tabs, also when that node is killed.
func TestTabsOnTwoNodesAreOneUser(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	tokens := c.Keys.Players("hall", 4)
	here, there, third := c.Nodes[0], c.Nodes[1], c.Nodes[2]
	watchers := []*watcher{watch(t, "third", third.Dial(), "hall"), watch(t, "here", here.Dial(), "hall")}

	one, other := enter(t, here, tokens[0], "hall"), enter(t, there, tokens[0], "hall")
	if one.Session().Node == other.Session().Node {
		t.Fatal("both tabs are on one node")
	}
	for _, w := range watchers {
		w.shows("p00000", true)
	}
	if err := one.Leave(bounded(t), "hall"); err != nil {
		t.Fatal(err)
	}
	enter(t, here, tokens[1], "hall") // whoever sees this has seen what was before
	for _, w := range watchers {
		w.shows("p00001", true)
		w.want("p00000", "join")
	}

	killed := time.Now()
	there.Kill()
	for _, w := range watchers {
		w.shows("p00000", false)
	}
	if took, limit := watchers[0].left("p00000").Sub(killed), harness.Scaled(32*time.Second); took > limit+slack {
		t.Errorf("the leave was seen after %v; want %v", took, limit)
	} else {
		t.Logf("the leave was seen after %v; the limit is %v", took.Round(time.Millisecond), limit)
	}
	enter(t, third, tokens[2], "hall")
	for _, w := range watchers {
		w.shows("p00002", true)
		w.want("p00000", "join", "leave")
		w.want("p00001", "join")
		w.want("p00002", "join")
	}
}

// TestWatchersSeeTheSame: the same users come and go on two nodes, and
// watchers on different nodes see the same of each.
func TestWatchersSeeTheSame(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	tokens := c.Keys.Players("hall", 20)
	watchers := []*watcher{watch(t, "first", c.Nodes[0].Dial(), "hall"), watch(t, "third", c.Nodes[2].Dial(), "hall")}
	for i, token := range tokens {
		user := fmt.Sprintf("p%05d", i)
		cl := enter(t, c.Nodes[i%2], token, "hall")
		for _, w := range watchers {
			w.shows(user, true)
		}
		if i%3 > 0 {
			continue
		}
		if err := cl.Leave(bounded(t), "hall"); err != nil {
			t.Fatal(err)
		}
		for _, w := range watchers {
			w.shows(user, false)
		}
		if i%2 > 0 {
			continue
		}
		enter(t, c.Nodes[(i+1)%2], token, "hall") // comes back on the other node
		for _, w := range watchers {
			w.shows(user, true)
		}
	}
	for i := range tokens {
		want := []string{"join", "leave", "join"}[:1]
		if i%3 == 0 {
			want = []string{"join", "leave", "join"}[:3-i%2]
		}
		for _, w := range watchers {
			w.want(fmt.Sprintf("p%05d", i), want...)
		}
	}
	first, third := watchers[0].state(), watchers[1].state()
	if first.Version != third.Version || first.Count != third.Count {
		t.Errorf("version %d with %d users on one node, %d with %d on the other", first.Version, first.Count, third.Version, third.Count)
	}
}

// TestStormMakesNoEvent: one of two nodes is killed, its sessions come back on
// the other within 15 s, and nobody was seen to leave or join.
func TestStormMakesNoEvent(t *testing.T) {
	t.Parallel()
	sessions := 600
	if harness.Scale == 1 {
		sessions = 10_000
	}
	// The third node, past nginx, is the watcher's alone.
	c := harness.StartCluster(t, harness.Config{Fronted: 2, Direct: true, Flags: []string{"--max-connections", "16000"}})
	tokens := c.Keys.Players("hall", sessions)
	w := watch(t, "third", c.Nodes[2].Dial(), "hall")

	clients := crowd(t, c, tokens)
	before := w.until("everybody", func(s client.RoomState) bool { return s.Count == sessions })
	onKilled := 0
	for _, cl := range clients {
		if cl.Session().Node == c.Nodes[0].ID {
			onKilled++
		}
	}
	if onKilled < sessions/3 || onKilled > sessions*2/3 {
		t.Errorf("%d of %d sessions are on the node to be killed; least_conn should halve them", onKilled, sessions)
	}

	killed := time.Now()
	c.Nodes[0].Kill()
	survivor := c.Nodes[1].ID
	harness.Each(sessions, sessions, func(i int) {
		for clients[i].Session().Node != survivor || !clients[i].Connected() {
			if time.Since(killed) > patience {
				t.Errorf("session %d has not come back", i)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		if err := clients[i].Join(bounded(t), "hall"); err != nil { // answered when it is there again
			t.Error(err)
		}
	})
	back := time.Since(killed)
	t.Logf("%d sessions came back within %v", onKilled, back.Round(time.Millisecond))
	if limit := harness.Scaled(15 * time.Second); back > limit+slack/3 {
		t.Errorf("they took %v to come back; this test is of %v", back, limit)
	}

	// Past every threshold: whoever would leave has left.
	time.Sleep(time.Until(killed.Add(harness.Scaled(35 * time.Second))))
	last := clients[sessions-1]
	if err := last.Leave(bounded(t), "hall"); err != nil {
		t.Fatal(err)
	}
	after := w.until("the one who left", func(s client.RoomState) bool { return s.Version != before.Version })
	if after.Count != sessions-1 {
		t.Errorf("the first change after the storm left %d of %d; want one less", after.Count, sessions)
	}
	w.wantNoLeave()
}

// TestRosterKeysLostAreAnnouncedAgain: Redis forgets who is where; the nodes
// say it again, and nobody is seen to leave.
func TestRosterKeysLostAreAnnouncedAgain(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	tokens := c.Keys.Players("hall", 20)
	w := watch(t, "third", c.Nodes[2].Dial(), "hall")
	var clients []*client.Client
	for i, token := range tokens {
		clients = append(clients, enter(t, c.Nodes[i%2], token, "hall"))
	}
	w.until("everybody", func(s client.RoomState) bool { return s.Count == len(tokens) })

	redis := c.Redis.Clients().Write
	keys, err := redis.Keys(t.Context(), "*{p[0-9][0-9]}*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatalf("keys of rosters: %v, %v", keys, err)
	}
	if err := redis.Del(t.Context(), keys...).Err(); err != nil {
		t.Fatal(err)
	}
	// Redis knows them all again after a refresh, and past a threshold they are
	// still there.
	reader := c.Nodes[2].Dial()
	until(t, harness.Scaled(12*time.Second)+patience, func() string {
		count, err := reader.RoomCount(t.Context(), "hall")
		if err != nil || count.Count != len(tokens) {
			return fmt.Sprintf("%+v, %v; want %d", count, err, len(tokens))
		}
		return ""
	})
	time.Sleep(harness.Scaled(35 * time.Second))
	if err := clients[3].Leave(bounded(t), "hall"); err != nil {
		t.Fatal(err)
	}
	w.shows("p00003", false)
	w.want("p00003", "join", "leave")
	for i := range tokens {
		if i != 3 {
			w.want(fmt.Sprintf("p%05d", i), "join")
		}
	}
	page, err := c.Nodes[1].Dial().Presence(bounded(t), "hall", "", 100)
	if err != nil || page.Count != len(tokens)-1 || len(page.Users) != page.Count {
		t.Errorf("%d users, %d listed, %v; want %d", page.Count, len(page.Users), err, len(tokens)-1)
	}
}

// crowd dials a client for each token, through nginx, and joins them to the
// hall. They are closed with the test.
func crowd(t *testing.T, c *harness.Cluster, tokens []string) []*client.Client {
	t.Helper()
	clients := make([]*client.Client, len(tokens))
	t.Cleanup(func() {
		harness.Each(64, len(clients), func(i int) {
			if clients[i] != nil {
				_ = clients[i].Close()
			}
		})
	})
	harness.Each(16, len(tokens), func(i int) {
		cl, err := client.Dial(t.Context(), c.URL, client.Token(tokens[i]), client.Backoff(20*time.Millisecond, harness.Scaled(4*time.Second)))
		if err != nil {
			t.Error(err)
			return
		}
		clients[i] = cl
		if err := cl.Join(bounded(t), "hall"); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return clients
}
