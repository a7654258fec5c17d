package redisboard_test

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

func TestZZPerf(t *testing.T) {
	server := redistest.Start(t)
	clients := server.Clients()
	store := redisboard.New(clients, redisboard.Config{})
	l := newLoad(t, store, clients.Write, 10000)
	cmd := exec.Command("perf", "record", "-o", "/tmp/rb/perf.data", "-F", "2000", "-p", fmt.Sprint(server.Pid()), "--", "sleep", "8")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 8*time.Second; {
		l.apply()
	}
	cmd.Wait()
}
