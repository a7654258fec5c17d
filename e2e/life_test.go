package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// readiness is the status of /readyz, 0 if nobody answers.
func readiness(hub *harness.Hub) int {
	res, err := http.Get(hub.URL + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// awaitUnready waits until /readyz refuses.
func awaitUnready(t *testing.T, hub *harness.Hub) {
	t.Helper()
	ctx := bounded(t)
	for readiness(hub) != http.StatusServiceUnavailable {
		if ctx.Err() != nil {
			t.Fatal("the hub is still ready")
		}
	}
}

// TestServedUntilBalancersHaveNoticed: with --drain-delay a hub that stops is
// not ready, and serves as before until the delay is over.
func TestServedUntilBalancersHaveNoticed(t *testing.T) {
	const delay = 3 * time.Second
	hub := harness.Start(t, "--drain-delay", delay.String())
	c := hub.Dial()
	newBoard(t, c, "b", wire.Rules{})
	session := dialRaw(t, hub)

	begin := time.Now()
	hub.Signal(syscall.SIGTERM)
	awaitUnready(t, hub)
	wantApplied(t, newSource(t, hub.Dial(), "b", "late"), set("m", 7))
	if page := readBoard(t, c.API, "b"); len(page.Entries) != 1 {
		t.Errorf("read %+v", page)
	}
	if readiness(hub) != http.StatusServiceUnavailable {
		t.Error("the hub is ready again")
	}
	if took := time.Since(begin); took > delay {
		t.Logf("all this took %v: longer than the delay, so it proves little", took)
	}
	bye := readBye(t, session)
	if told := time.Since(begin); told < delay {
		t.Errorf("a session was sent away after %v, within the delay of %v", told, delay)
	}
	if bye.AfterMS > 1000 {
		t.Errorf("one of two sessions is to come back after %d ms", bye.AfterMS)
	}
	if code := hub.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, line := range []string{"not ready", "stopping", "drained", "sessions=", "stopped"} {
		if !strings.Contains(hub.Stderr(), line) {
			t.Errorf("the log does not say %q:\n%s", line, hub.Stderr())
		}
	}
}

// readBye reads a session to the bye, which must be the last before the close.
func readBye(t *testing.T, ws *websocket.Conn) (bye wire.Bye) {
	t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	told := false
	for {
		_, raw, err := ws.ReadMessage()
		if websocket.IsCloseError(err, wire.CloseRestart) && told {
			return bye
		}
		if err != nil {
			t.Fatalf("the session ended with %v; told before: %v", err, told)
		}
		var frame struct{ Bye *wire.Bye }
		if err := json.Unmarshal(raw, &frame); err != nil {
			t.Fatal(err)
		}
		if frame.Bye != nil {
			bye, told = *frame.Bye, true
		}
	}
}

// TestSecondSignalStopsAtOnce: while a hub sends its sessions away, or waits
// for balancers, another signal ends it; what was acknowledged is there.
func TestSecondSignalStopsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		flags         []string
		sessions      int // at 1,000 a second
		first, second syscall.Signal
	}{
		"while sessions are sent away": {nil, 3000, syscall.SIGTERM, syscall.SIGTERM},
		"while balancers notice":       {[]string{"--drain-delay", "5m"}, 1, syscall.SIGINT, syscall.SIGINT},
		"of the other kind":            {[]string{"--drain-delay", "5m"}, 1, syscall.SIGTERM, syscall.SIGINT},
	} {
		t.Run(name, func(t *testing.T) {
			hub := harness.Start(t, append(c.flags, "--max-connections", "10000", "--max-connections-per-user", "10000")...)
			cl := hub.Dial()
			newBoard(t, cl, "b", wire.Rules{})
			wantApplied(t, newSource(t, cl, "b", "bot"), set("m", 7))
			_ = cl.Close()
			var sessions []*websocket.Conn
			for range c.sessions {
				sessions = append(sessions, dialRaw(t, hub))
			}
			hub.Signal(c.first)
			awaitUnready(t, hub)
			begin := time.Now()
			hub.Signal(c.second)
			code := hub.Exit()
			took := time.Since(begin)
			if code != -1 { // by the signal
				t.Errorf("exit code %d", code)
			}
			if limit := 2 * time.Second; took > limit {
				t.Errorf("it ended %v after the second signal", took)
			}
			if strings.Contains(hub.Stderr(), "drained") {
				t.Error("the sessions had all been sent away: this test proves nothing")
			}
			t.Logf("ended %v after the second signal", took.Round(time.Millisecond))
			for _, s := range sessions {
				_ = s.Close()
			}
			hub.Restart()
			if page := readBoard(t, hub.Dial().API, "b"); len(page.Entries) != 1 || page.Entries[0].Score != 7 {
				t.Errorf("after the restart the board is %+v", page)
			}
		})
	}
}

// TestRequestUnderWayIsAnswered: a push over HTTP that has begun is taken and
// answered by a hub that stops.
func TestRequestUnderWayIsAnswered(t *testing.T) {
	hub := harness.Start(t)
	newBoard(t, hub.Dial(), "b", wire.Rules{})
	body, lines := io.Pipe()
	answer := make(chan *http.Response, 1)
	go func() { // ends with the request
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, hub.URL+"/v1/boards/b/events", body)
		req.Header.Set("Content-Type", "application/x-ndjson")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
		}
		answer <- res
	}()
	send := func(i int) {
		t.Helper()
		if _, err := fmt.Fprintf(lines, `{"member":"m%d","op":"set","score":%d,"id":"e%d"}`+"\n", i, i, i); err != nil {
			t.Fatal(err)
		}
	}
	send(1)
	res := <-answer
	if res == nil {
		t.FailNow()
	}
	defer func() { _ = res.Body.Close() }()
	results := bufio.NewScanner(res.Body)
	applied := func(i int) {
		t.Helper()
		if !results.Scan() || !strings.Contains(results.Text(), `"applied"`) {
			t.Fatalf("event %d is answered %q, %v", i, results.Text(), results.Err())
		}
	}
	applied(1)
	hub.Signal(syscall.SIGTERM)
	for !strings.Contains(hub.Stderr(), "stopping") {
		time.Sleep(time.Millisecond)
	}
	for i := 2; i < 5; i++ {
		send(i)
		applied(i)
	}
	_ = lines.Close()
	if results.Scan() {
		t.Errorf("one answer too many: %s", results.Text())
	}
	if code := hub.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	hub.Restart()
	page, err := hub.Dial().Board(bounded(t), "b", client.BoardQuery{})
	if err != nil || page.Total != 4 {
		t.Errorf("after the restart %d of 4 events are there, %v", page.Total, err)
	}
}
