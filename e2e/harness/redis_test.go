package harness_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/e2e/harness"
	"rollcall/redisconn/redistest"
)

// TestSentinelGoesThroughProxies: with replication and sentinels cut off, and
// clients not, the sentinels name another primary and the old one takes writes;
// healed, it becomes a replica and forgets them.
func TestSentinelGoesThroughProxies(t *testing.T) {
	t.Parallel()
	r := harness.StartSentinel(t, 2)
	old := r.Primary()
	if old != 0 {
		t.Fatalf("the primary is %d; want 0", old)
	}
	c := redistest.Open(t, r.URL)
	if err := c.Write.Set(t.Context(), "k", "both", 0).Err(); err != nil {
		t.Fatal(err)
	}
	r.Links[old].Cut(harness.Replica, harness.Watchman)
	until(t, func() string {
		if now := r.Primary(); now == old || now < 0 {
			return fmt.Sprintf("the primary is %d", now)
		}
		return ""
	})
	if _, err := r.Ask(old, "SET", "k", "forgotten"); err != nil {
		t.Fatal(err)
	}
	r.Links[old].Heal()
	until(t, func() string {
		info, err := r.Ask(old, "INFO", "replication")
		if !strings.Contains(fmt.Sprint(info), "master_link_status:up") {
			return fmt.Sprintf("the old primary is no replica: %v, %v", info, err)
		}
		return ""
	})
	if got, err := r.Ask(old, "GET", "k"); got != "both" {
		t.Errorf("k is %v, %v; want what both had", got, err)
	}
}

func TestClusterGoesThroughProxies(t *testing.T) {
	t.Parallel()
	r := harness.StartRedisCluster(t, 1)
	c := redistest.Open(t, r.URL)
	for i := range 30 {
		if err := c.Write.Set(t.Context(), fmt.Sprintf("k%d", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if r.Links[i].Links() == 0 {
			t.Errorf("nobody goes through the proxy of server %d", i)
		}
	}
	r.Links[0].Cut()
	r.Bus[0].Cut()
	r.Servers[0].Kill()
	until(t, func() string {
		info, err := r.Ask(3, "INFO", "replication")
		if !strings.Contains(fmt.Sprint(info), "role:master") {
			return fmt.Sprintf("the replica is no primary: %v, %v", info, err)
		}
		return ""
	})
}

func until(t *testing.T, ask func() string) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		complaint := ask()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(complaint)
		}
	}
}
