package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"rollcall/e2e/harness"
	"rollcall/redisconn/redistest"
	"rollcall/wire"
)

// TestStopsInTimeWithoutItsStore: a node whose Redis hangs, or is gone, still
// tells its sessions and ends, within what cmd/rollcall/stop.go adds up.
func TestStopsInTimeWithoutItsStore(t *testing.T) {
	for name, fail := range map[string]func(*redistest.Server){
		"hangs": (*redistest.Server).Freeze,
		"gone":  (*redistest.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			c := harness.StartCluster(t, harness.Config{Nodes: 1})
			node := c.Nodes[0]
			cl := node.Dial()
			newBoard(t, cl, "b", wire.Rules{})
			src := newSource(t, cl, "b", "bot")
			wantApplied(t, src, set("m", 1))
			fail(c.Redis)
			ctx := bounded(t)
			go func() { _, _ = src.Push(ctx, set("m", 2)) }() // hangs in the queue; ends with the client
			begin := time.Now()
			node.Signal(syscall.SIGTERM)
			code := node.Exit()
			took := time.Since(begin)
			t.Logf("exit code %d after %v", code, took.Round(time.Millisecond))
			if took > 30*time.Second {
				t.Errorf("it ended after %v", took)
			}
			for _, line := range []string{"drained", "bots=1", "stopped"} {
				if !strings.Contains(node.Stderr(), line) {
					t.Errorf("the log does not say %q:\n%s", line, node.Stderr())
				}
			}
		})
	}
}

// TestStoppedWhileItStarts: a hub that is told to stop while it waits for its
// store ends at once, and that is no failure.
func TestStoppedWhileItStarts(t *testing.T) {
	p := harness.Run(t, "serve", "--listen", "127.0.0.1:0", "--redis", "redis://127.0.0.1:1", "--nats", "nats://127.0.0.1:1")
	for ctx := bounded(t); !strings.Contains(p.Stderr(), "waiting for Redis"); time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatal("it does not wait")
		}
	}
	begin := time.Now()
	p.Signal(syscall.SIGTERM)
	if code, took := p.Exit(), time.Since(begin); code != 0 || took > 5*time.Second {
		t.Errorf("exit code %d after %v", code, took)
	}
	if !strings.Contains(p.Stderr(), "stopped before it was ready") {
		t.Errorf("it says %s", p.Stderr())
	}
}
