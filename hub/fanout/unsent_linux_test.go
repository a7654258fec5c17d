package fanout

import (
	"runtime"
	"testing"
	"time"
)

// A client that does not read must find little old and then the newest.
func TestStalledClientIsNotHandedStaleFrames(t *testing.T) {
	const size, states = 2800, 3000
	server, client := newTCPPair(t)
	var stats Stats
	c := NewConn(server, NewOutbox(Limits{}), Config{Stats: &stats})
	v := NewView()
	v.Attach(c.out, "")
	run(t, c)
	for n := 1; n <= states; n++ {
		before := stats.Frames.Load()
		v.Publish(State{At: at(n), Snapshot: func() *Frame { return snapshotOf(n, size) }})
		// Give its writer the time to write, if the socket takes it.
		for start := time.Now(); stats.Frames.Load() == before && time.Since(start) < 100*time.Microsecond; {
			runtime.Gosched()
		}
	}
	backlog, seen := 0, fold{}
	for seen.at < states {
		_, p, err := readFrame(client)
		if err != nil {
			t.Fatal(err)
		}
		if err := seen.apply(p); err != nil {
			t.Fatal(err)
		}
		backlog++
	}
	t.Logf("%d frames, %d KiB, of %d states", backlog, stats.Bytes.Load()>>10, states)
	if limit := 128; backlog > limit {
		t.Errorf("the client was handed %d frames of %d states, want at most %d", backlog, states, limit)
	}
}
