package cluster_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/client"
	"rollcall/e2e/harness"
	"rollcall/wire"
)

// front is one node of its own behind nginx: what nginx does needs no more.
type front struct {
	*harness.Nginx
	hub   *harness.Hub
	keys  *harness.Keys
	admin string
}

func newFront(t *testing.T, vars map[string]string, flags ...string) *front {
	t.Helper()
	f := &front{keys: harness.NewKeys(t)}
	f.admin = f.keys.APIKey("organiser", "admin", "player")
	flags = append(append(flags, "--trusted-proxy", "127.0.0.1"), harness.Thresholds()...)
	f.hub = harness.Start(t, append(flags, f.keys.Flags()...)...)
	f.Nginx = harness.StartNginx(t, []string{strings.TrimPrefix(f.hub.URL, "http://")}, vars)
	return f
}

// dial opens a WebSocket from an address of loopback.
func (f *front) dial(t *testing.T, ip string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	transport := harness.From(t, ip).Transport.(*http.Transport)
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, NetDialContext: transport.DialContext, HandshakeTimeout: patience}
	conn, res, err := d.DialContext(bounded(t), "ws"+strings.TrimPrefix(f.URL, "http")+"/ws", header)
	if conn != nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, res, err
}

func TestNginxKeepsASessionThatSaysNothing(t *testing.T) {
	t.Parallel()
	silence := harness.Scaled(45 * time.Second)
	f := newFront(t, map[string]string{"ROLLCALL_SILENCE": fmt.Sprintf("%dms", silence.Milliseconds())})
	conn, _, err := f.dial(t, "127.0.0.1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if conn.Subprotocol() != wire.Subprotocol {
		t.Errorf("subprotocol %q; want %q", conn.Subprotocol(), wire.Subprotocol)
	}
	hello := wire.Request{ID: 1, Op: wire.OpHello, Token: f.admin}
	if err := conn.WriteJSON(hello); err != nil {
		t.Fatal(err)
	}
	pings := 0
	conn.SetPingHandler(func(data string) error {
		pings++
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(patience))
	})
	done := time.AfterFunc(silence*3/2, func() { _ = conn.WriteJSON(wire.Request{ID: 2, Op: wire.OpPing}) })
	defer done.Stop()
	_ = conn.SetReadDeadline(time.Now().Add(silence*3/2 + patience))
	for {
		var a wire.Answer
		if err := conn.ReadJSON(&a); err != nil {
			t.Fatalf("after %d pings: %v", pings, err)
		}
		if a.ID == 2 {
			break
		}
	}
	if pings < 2 {
		t.Errorf("%d pings in %v", pings, silence*3/2)
	}
}

func TestNginxCutsAHubThatSaysNothing(t *testing.T) {
	t.Parallel()
	// The same limit, shorter than a ping: what the test above lives by.
	f := newFront(t, map[string]string{"ROLLCALL_SILENCE": fmt.Sprintf("%dms", harness.Scaled(5*time.Second).Milliseconds())})
	conn, _, err := f.dial(t, "127.0.0.1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteJSON(wire.Request{ID: 1, Op: wire.OpHello, Token: f.admin}); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := conn.ReadMessage(); err != nil { // the answer to hello
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		t.Errorf("%v; want the connection cut (1006)", err)
	}
}

func TestAddressIsWhatNginxSaw(t *testing.T) {
	t.Parallel()
	f := newFront(t, map[string]string{"ROLLCALL_BALANCER": "127.0.0.9"}, "--max-connections-per-address", "2")
	forged := func(i int) http.Header {
		ip := fmt.Sprintf("203.0.113.%d", i)
		return http.Header{"X-Forwarded-For": {ip}, "X-Real-Ip": {ip}, "Forwarded": {"for=" + ip}}
	}
	// Whatever a client says of itself, it has two places.
	for i := range 2 {
		if _, _, err := f.dial(t, "127.0.0.2", forged(i)); err != nil {
			t.Fatal(err)
		}
	}
	_, res, err := f.dial(t, "127.0.0.2", forged(3))
	if err == nil {
		t.Fatal("a forged X-Forwarded-For gave a third place")
	}
	wantFailure(t, res, http.StatusTooManyRequests, wire.TooMany)
	if _, _, err := f.dial(t, "127.0.0.3", nil); err != nil {
		t.Errorf("another address has no place: %v", err)
	}
	// A balancer in front may speak for others, and what was there before it
	// does not count.
	for i := range 3 {
		if _, _, err := f.dial(t, "127.0.0.9", http.Header{"X-Forwarded-For": {fmt.Sprintf("127.0.0.2, 198.51.100.%d", i)}}); err != nil {
			t.Errorf("behind the balancer: %v", err)
		}
	}
}

func TestNginxTurnsFloodsAway(t *testing.T) {
	t.Parallel()
	f := newFront(t, map[string]string{"ROLLCALL_REQUESTS": "5", "ROLLCALL_CONNECTIONS": "3"})
	t.Run("requests", func(t *testing.T) {
		t.Parallel()
		c, refused := harness.From(t, "127.0.0.2"), 0
		for range 40 {
			res, err := c.Get(f.URL + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK {
				refused++
				wantFailure(t, res, http.StatusTooManyRequests, wire.RateLimited)
			}
			_ = res.Body.Close()
		}
		if refused == 0 || refused > 34 {
			t.Errorf("%d of 40 requests at once were refused; want those over 6 and a few", refused)
		}
		if res, err := harness.From(t, "127.0.0.4").Get(f.URL + "/healthz"); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("another address: %v, %v", res, err)
		}
	})
	t.Run("connections", func(t *testing.T) {
		t.Parallel()
		for range 3 {
			if _, _, err := f.dial(t, "127.0.0.3", nil); err != nil {
				t.Fatal(err)
			}
		}
		_, res, err := f.dial(t, "127.0.0.3", nil)
		if err == nil {
			t.Fatal("a fourth connection was let in")
		}
		wantFailure(t, res, http.StatusTooManyRequests, wire.TooMany)
	})
}

func TestNginxSaysWhenNoHubAnswers(t *testing.T) {
	t.Parallel()
	f := newFront(t, nil)
	f.hub.Kill()
	res, err := http.Get(f.URL + "/v1/boards")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	wantFailure(t, res, http.StatusServiceUnavailable, wire.Unavailable)
	f.hub.Restart()
	until(t, patience, func() string {
		res, err := http.Get(f.URL + "/readyz")
		if err != nil {
			return err.Error()
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return res.Status
		}
		return ""
	})
}

func TestNginxHidesMetrics(t *testing.T) {
	t.Parallel()
	f := newFront(t, nil)
	for path, want := range map[string]int{"/metrics": http.StatusNotFound, "/": http.StatusOK} {
		req, _ := http.NewRequestWithContext(bounded(t), http.MethodGet, f.URL+path, nil)
		req.Header.Set("Authorization", "Bearer "+f.admin)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s; want %d", path, res.Status, want)
		}
	}
}

func TestNginxPassesEventsOnAtOnce(t *testing.T) {
	t.Parallel()
	f := newFront(t, nil)
	api, err := client.NewAPI(f.URL, client.Token(f.admin))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.PutBoard(bounded(t), "b", wire.Rules{}); err != nil {
		t.Fatal(err)
	}

	sse := f.request(t, http.MethodGet, "/v1/boards/b/stream", nil)
	stream := bufio.NewScanner(sse.Body)
	wantLine(t, stream, `"snapshot"`)

	// Each line of the request is answered while the next has not been sent.
	body, lines := io.Pipe()
	t.Cleanup(func() { _ = lines.Close() })
	answers := make(chan *http.Response, 1)
	go func() { answers <- f.request(t, http.MethodPost, "/v1/boards/b/events", body) }()
	var results *bufio.Scanner
	for i := range 3 {
		if _, err := fmt.Fprintf(lines, `{"member":"m%d","op":"set","score":%d,"id":"e%d"}`+"\n", i, i+1, i); err != nil {
			t.Fatal(err)
		}
		if results == nil {
			results = bufio.NewScanner((<-answers).Body)
		}
		wantLine(t, results, `"applied"`)
		wantLine(t, stream, fmt.Sprintf(`"m%d"`, i))
	}
}

// request makes a request through nginx whose answer is read as it comes.
func (f *front) request(t *testing.T, method, path string, body io.Reader) *http.Response {
	req, err := http.NewRequestWithContext(bounded(t), method, f.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.admin)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	res, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
	if err != nil {
		t.Error(err)
		return &http.Response{Body: http.NoBody}
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %s", method, path, res.Status)
	}
	return res
}

// wantLine reads on to the next line that has the text.
func wantLine(t *testing.T, lines *bufio.Scanner, text string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return
		}
	}
	t.Fatalf("no line with %s: %v", text, lines.Err())
}

// wantFailure checks an answer of nginx itself: it must speak as the hubs do.
func wantFailure(t *testing.T, res *http.Response, status int, code wire.Code) {
	t.Helper()
	if res == nil {
		t.Fatal("no answer")
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var f wire.Failure
	if err := json.Unmarshal(body, &f); err != nil {
		t.Fatalf("%s: %v in %q", res.Status, err, body)
	}
	if res.StatusCode != status || f.Error == nil || f.Error.Code != code || f.Error.RetryAfterMS <= 0 {
		t.Errorf("%s %s; want %d with %s", res.Status, body, status, code)
	}
	if res.Header.Get("Retry-After") == "" {
		t.Errorf("%s without Retry-After", res.Status)
	}
}
