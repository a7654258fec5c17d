package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence"
	"rollcall/presence/memroster"
	"rollcall/wire"
)

// testNode is a real hub on memory stores behind a real listener.
type testNode struct {
	testing.TB
	hub    *hub.Hub
	server *httptest.Server
	token  string // sent as Authorization, if set
}

// newNode starts a node. Thresholds of presence are short, so that tests that
// cross sockets need not wait; the rules of time have tests of their own.
func newNode(t testing.TB, change ...func(*hub.Config)) *testNode {
	t.Helper()
	cfg := hub.Config{
		Ping: 200 * time.Millisecond, ReadDeadline: time.Second,
		Presence: presence.Config{
			GraceGoing: 50 * time.Millisecond, GraceBroken: 100 * time.Millisecond, Refresh: 200 * time.Millisecond,
			Sweep: 50 * time.Millisecond, CoalesceWait: time.Millisecond,
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	return newHub(t, cfg, nil).listen()
}

// listen serves the hub on a real listener.
func (n *testNode) listen() *testNode {
	n.server = httptest.NewServer(n.hub.Handler())
	n.Cleanup(func() {
		n.hub.Close() // ends what would keep the server waiting
		n.server.Close()
	})
	return n
}

// newHub starts a hub on memory stores; wrap, if not nil, stands between it
// and them.
func newHub(t testing.TB, cfg hub.Config, wrap func(hub.Boards, hub.Roster) (hub.Boards, hub.Roster)) *testNode {
	t.Helper()
	store, err := pebbleboard.Open(pebbleboard.Config{})
	if err != nil {
		t.Fatal(err)
	}
	roster, err := memroster.New(context.Background(), memroster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	boards, people := hub.Boards(store), hub.Roster(roster)
	if wrap != nil {
		boards, people = wrap(boards, people)
	}
	n := &testNode{TB: t, hub: hub.New(cfg, boards, people, membus.New().Node())}
	t.Cleanup(func() {
		n.hub.Close()
		if err := roster.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := n.hub.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return n
}

// call makes a request and returns status and body. body may be nil, a string
// or anything that marshals.
func (n *testNode) call(method, path string, body any, header ...string) (int, []byte) {
	n.Helper()
	var rd io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		rd = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			n.Fatal(err)
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, n.server.URL+path, rd)
	if err != nil {
		n.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if n.token != "" {
		req.Header.Set("Authorization", "Bearer "+n.token)
	}
	for i := 0; i < len(header); i += 2 {
		if req.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	res, err := n.server.Client().Do(req)
	if err != nil {
		n.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		n.Fatal(err)
	}
	return res.StatusCode, raw
}

// metrics returns what /metrics says.
func (n *testNode) metrics() string {
	n.Helper()
	_, raw := n.call("GET", "/metrics", nil)
	return string(raw)
}

// want makes a request that must be answered with the status, into v.
func (n *testNode) want(status int, method, path string, body, v any) {
	n.Helper()
	got, raw := n.call(method, path, body)
	if got != status {
		n.Fatalf("%s %s: %d %s, want %d", method, path, got, raw, status)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(raw, v); err != nil {
		n.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
}

// wantFault makes a request that must fail with the code and field.
func (n *testNode) wantFault(code wire.Code, field, method, path string, body any, header ...string) {
	n.Helper()
	status, raw := n.call(method, path, body, header...)
	var f wire.Failure
	if err := json.Unmarshal(raw, &f); err != nil || f.Error == nil {
		n.Fatalf("%s %s: %d %s, want the error %s", method, path, status, raw, code)
	}
	if f.Error.Code != code || f.Error.Field != field || status != code.Status() || f.Error.Message == "" {
		n.Fatalf("%s %s: %d %s, want %d %s on field %q", method, path, status, raw, code.Status(), code, field)
	}
}

func (n *testNode) board(name string, rules wire.Rules) {
	n.Helper()
	n.want(http.StatusCreated, "PUT", "/v1/boards/"+name, rules, nil)
}

// push sends events that must be answered in a 200.
func (n *testNode) push(board string, events any) []wire.Result {
	n.Helper()
	var res wire.Results
	n.want(http.StatusOK, "POST", "/v1/boards/"+board+"/events", events, &res)
	return res.Results
}

func (n *testNode) page(board, query string) wire.BoardPage {
	n.Helper()
	var p wire.BoardPage
	n.want(http.StatusOK, "GET", "/v1/boards/"+board+query, nil, &p)
	return p
}

// testSession is a WebSocket as a stranger's client would open it.
type testSession struct {
	testing.TB
	ws     *websocket.Conn
	nextID int64
	queued []frame // pushes that came before an awaited answer
}

// frame is any message of the server.
type frame struct {
	wire.Answer
	wire.Push
	Standing *wire.Standing
	raw      []byte
}

func (n *testNode) dial(header http.Header) *testSession {
	n.Helper()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, res, err := d.Dial("ws"+strings.TrimPrefix(n.server.URL, "http")+"/ws", header)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close()
	n.Cleanup(func() { _ = ws.Close() })
	return &testSession{TB: n.TB, ws: ws}
}

// hello opens a session as the named user.
func (n *testNode) hello(name string) *testSession {
	n.Helper()
	s := n.dial(nil)
	s.ok(wire.Request{Op: "hello", Name: name, Token: n.token}, nil)
	return s
}

func (s *testSession) send(raw string) {
	s.Helper()
	if err := s.ws.WriteMessage(websocket.TextMessage, []byte(raw)); err != nil {
		s.Fatal(err)
	}
}

func (s *testSession) read() (frame, error) {
	_ = s.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, raw, err := s.ws.ReadMessage()
	if err != nil {
		return frame{}, err
	}
	f := frame{raw: raw}
	if err := json.Unmarshal(raw, &f.Answer); err != nil {
		return f, err
	}
	if err := json.Unmarshal(raw, &f.Push); err != nil {
		return f, err
	}
	var of struct{ Standing *wire.Standing }
	err = json.Unmarshal(raw, &of)
	f.Standing = of.Standing
	return f, err
}

// answer sends a request and returns its answer; pushes are kept for next.
func (s *testSession) answer(req wire.Request) wire.Answer {
	s.Helper()
	s.nextID++
	req.ID = s.nextID
	raw, err := json.Marshal(req)
	if err != nil {
		s.Fatal(err)
	}
	s.send(string(raw))
	return s.awaitAnswer()
}

func (s *testSession) awaitAnswer() wire.Answer {
	s.Helper()
	for {
		f, err := s.read()
		if err != nil {
			s.Fatal(err)
		}
		if f.View == "" && f.Standing == nil {
			return f.Answer
		}
		s.queued = append(s.queued, f)
	}
}

func (s *testSession) ok(req wire.Request, v any) {
	s.Helper()
	a := s.answer(req)
	if a.Error != nil {
		s.Fatalf("%s: %v", req.Op, a.Error)
	}
	if v != nil {
		if err := json.Unmarshal(a.OK, v); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *testSession) wantFault(code wire.Code, field string, req wire.Request) {
	s.Helper()
	a := s.answer(req)
	if a.Error == nil || a.Error.Code != code || a.Error.Field != field {
		s.Fatalf("%+v: %s %v, want %s on field %q", req, a.OK, a.Error, code, field)
	}
}

// next returns the next push.
func (s *testSession) next() frame {
	s.Helper()
	if len(s.queued) > 0 {
		f := s.queued[0]
		s.queued = s.queued[1:]
		return f
	}
	f, err := s.read()
	if err != nil {
		s.Fatal(err)
	}
	if f.View == "" {
		s.Fatalf("an answer, want a push: %s", f.raw)
	}
	return f
}

func (s *testSession) wantClosed(code int) {
	s.Helper()
	for {
		_, err := s.read()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, code) {
			s.Fatalf("closed with %v, want %d", err, code)
		}
		return
	}
}
