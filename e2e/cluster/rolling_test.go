package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// TestRollingRestart: one node after the other is stopped and started again,
// behind nginx, while bots push and a room is full. No event is lost or counted
// twice, and nobody is seen to leave or come.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	const people = 200
	c := harness.StartCluster(t, harness.Config{Direct: true})
	admin := c.Dial()
	newBoard(t, admin, "b", wire.Rules{})
	tokens := c.Keys.Players("hall", people)
	w := watch(t, "through nginx", c.Dial(), "hall")

	clients := crowd(t, c, tokens)
	w.until("everybody", func(s client.RoomState) bool { return s.Count == people })
	ledgers, stop := fillAll(t, "b", c.Dial(), c.Dial(), c.Dial())
	defer stop()
	wantProgress(t, patience, ledgers...)

	for i, n := range c.Nodes {
		old := n.ID
		held := on(clients, old)
		took := n.Stop()
		begin := time.Now()
		n.Restart()
		harness.Each(people, people, func(k int) {
			until(t, patience, func() string {
				if !clients[k].Connected() || clients[k].Session().Node == old {
					return fmt.Sprintf("participant %d has not come back", k)
				}
				return ""
			})
		})
		wantProgress(t, patience, ledgers...)
		t.Logf("node %d with %d participants was down after %v; %v later all were back", i, held, took.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	}
	stop()

	// Past every threshold: whoever would leave has left.
	time.Sleep(harness.Scaled(35 * time.Second))
	if err := clients[0].Leave(bounded(t), "hall"); err != nil {
		t.Fatal(err)
	}
	w.shows("p00000", false)
	w.want("p00000", "join", "leave")
	for i := 1; i < people; i++ {
		w.want(fmt.Sprintf("p%05d", i), "join")
	}
	nodes := dialAll(c)
	version := agreed(t, "b", nodes...)
	for _, n := range nodes {
		wantExact(t, readBoard(t, n.API, "b", version), ledgers...)
	}
	for _, l := range ledgers {
		t.Logf("%s: %d events, each exactly once", l.source, l.count())
	}
}

// on is how many clients are on a node.
func on(clients []*client.Client, node string) (n int) {
	for _, c := range clients {
		if c.Session().Node == node {
			n++
		}
	}
	return n
}

// TestStoppedNodesUsersLeaveSooner: users of a node that was told to stop, who
// do not come back, leave in half the threshold, and not at once; one who came
// back stays.
func TestStoppedNodesUsersLeaveSooner(t *testing.T) {
	t.Parallel()
	c := harness.StartCluster(t, harness.Config{})
	tokens := c.Keys.Players("hall", 3)
	w := watch(t, "third", c.Nodes[2].Dial(), "hall")
	gone := enter(t, c.Nodes[0], tokens[0], "hall")
	enter(t, c.Nodes[0], tokens[1], "hall")
	enter(t, c.Nodes[1], tokens[1], "hall") // has come before: the same to the roster
	for _, user := range []string{"p00000", "p00001"} {
		w.shows(user, true)
	}
	// Past the threshold in which a roster that is new removes nobody.
	time.Sleep(harness.Scaled(32 * time.Second))
	told := time.Now()
	ending := c.Nodes[0].Stop() // the half threshold begins somewhere within
	_ = gone.Close()
	w.shows("p00000", false)
	took := w.left("p00000").Sub(told)
	least, most := harness.Scaled(14*time.Second), ending+harness.Scaled(17*time.Second)+slack
	if took < least || took > most {
		t.Errorf("the leave was seen after %v; want %v to %v", took, least, most)
	}
	t.Logf("the leave was seen after %v", took.Round(time.Millisecond))
	time.Sleep(harness.Scaled(20 * time.Second))
	enter(t, c.Nodes[2], tokens[2], "hall")
	w.shows("p00002", true)
	w.want("p00000", "join", "leave")
	w.want("p00001", "join")
}
