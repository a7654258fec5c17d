package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

// fakeHub is the least hub that keeps the contract of identity, with hooks to
// misbehave.
type fakeHub struct {
	t        testing.TB
	sessions chan *fakeSession // each one that has said hello

	// hook, if set, sees every request first; true = it has dealt with it. Once
	// there are sessions only rehook may change it.
	hook func(s *fakeSession, r wire.Request) bool
	// refuse, if set, may turn a hello down.
	refuse func() *wire.Error
	quiet  bool // takes requests and answers, but nobody notes them

	mu      sync.Mutex
	epoch   string
	origin  string // "" = the hub does not tell
	gen     uint64
	seq     uint64 // of the one source
	durable *uint64
	asked   int // times it was asked for the source
	deaf    int // such requests to come that are cut off
	mute    int // claims to come that are made and not answered
	ids     map[string]bool
	applied []string // members, in order
	log     []string // requests but hello, in order
	open    []*fakeSession
	hellos  int
	closes  []int // codes the clients closed with
}

type fakeSession struct {
	hub  *fakeHub
	conn *websocket.Conn
	mu   sync.Mutex // writes
}

func newFakeHub(t testing.TB) *fakeHub {
	return &fakeHub{t: t, sessions: make(chan *fakeSession, 100), epoch: "e1", ids: map[string]bool{}}
}

// inBubble runs a test in a bubble of time, against the fake over net.Pipe.
func inBubble(t *testing.T, test func(t *testing.T, h *fakeHub, via Option)) {
	synctest.Test(t, func(t *testing.T) {
		h, via := newPipeHub(t)
		test(t, h, via)
	})
}

// newRealHub serves the fake on a loopback socket.
func newRealHub(t testing.TB) (*fakeHub, string) {
	h := newFakeHub(t)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return h, srv.URL
}

// newPipeHub serves the fake over net.Pipe, which a bubble of time sees
// through.
func newPipeHub(t testing.TB) (*fakeHub, Option) {
	h := newFakeHub(t)
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	transport := &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = srv.Close()
		h.cut()
		<-served
	})
	return h, HTTPClient(&http.Client{Transport: transport})
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// cut breaks every connection without a close frame.
func (h *fakeHub) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.open {
		_ = s.conn.NetConn().Close()
	}
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const source = "/v1/boards/finals/sources/judge-1"
	if r.Method+r.URL.Path == http.MethodPost+source+"/claim" || r.Method+r.URL.Path == http.MethodGet+source {
		h.source(w, r)
		return
	}
	if r.URL.Path != "/ws" {
		http.NotFound(w, r)
		return
	}
	up := websocket.Upgrader{Subprotocols: []string{wire.Subprotocol}}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s := &fakeSession{hub: h, conn: conn}
	h.mu.Lock()
	h.open = append(h.open, s)
	h.mu.Unlock()
	defer conn.Close()
	s.serve()
}

func (s *fakeSession) serve() {
	h := s.hub
	for {
		_, frame, err := s.conn.ReadMessage()
		if err != nil {
			if ce, ok := err.(*websocket.CloseError); ok {
				h.mu.Lock()
				h.closes = append(h.closes, ce.Code)
				h.mu.Unlock()
			}
			return
		}
		if len(frame) > wire.MaxFrameSize {
			h.t.Errorf("a frame of %d bytes", len(frame))
		}
		var r wire.Request
		if err := json.Unmarshal(frame, &r); err != nil {
			h.t.Errorf("frame %q: %v", frame, err)
			return
		}
		if r.Op == wire.OpHello {
			s.hello(r)
			continue
		}
		h.note(r)
		if hook := h.hooked(); hook != nil && hook(s, r) {
			continue
		}
		s.handle(r)
	}
}

func (s *fakeSession) hello(r wire.Request) {
	h := s.hub
	if h.refuse != nil {
		if e := h.refuse(); e != nil {
			s.write(wire.Answer{ID: r.ID, Error: e})
			return
		}
	}
	h.mu.Lock()
	h.hellos++
	n := h.hellos
	h.mu.Unlock()
	s.ok(r, wire.HelloOK{Session: fmt.Sprint("session-", n), Node: "node", User: r.Name})
	if !h.quiet {
		h.sessions <- s
	}
}

func (h *fakeHub) note(r wire.Request) {
	if h.quiet {
		return
	}
	line := r.Op
	switch r.Op {
	case wire.OpSubscribe:
		line += fmt.Sprintf(" %s %s at=%s", r.View, r.Board+r.Room, r.At)
	case wire.OpUnsubscribe:
		line += " " + r.Sub
	case wire.OpJoin, wire.OpLeave, wire.OpAway:
		line += fmt.Sprintf(" %s away=%v", r.Room, r.Away)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, line)
}

func (s *fakeSession) handle(r wire.Request) {
	switch r.Op {
	case wire.OpScore:
		s.ok(r, wire.Results{Results: s.hub.apply(r)})
	case wire.OpSubscribe:
		s.ok(r, wire.SubscribeOK{Sub: r.View + ":" + r.Board + r.Room})
	default:
		s.ok(r, struct{}{})
	}
}

// apply keeps the contract: seq = last + 1 is taken, older is a duplicate,
// later a gap; an id counts once.
func (h *fakeHub) apply(r wire.Request) []wire.Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []wire.Result
	for _, raw := range r.Events {
		var ev wire.Event
		if err := json.Unmarshal(raw, &ev); err != nil {
			h.t.Errorf("event %q: %v", raw, err)
		}
		out = append(out, h.applyLocked(ev))
	}
	return out
}

func (h *fakeHub) applyLocked(ev wire.Event) wire.Result {
	refuse := func(code wire.Code, expected uint64) wire.Result {
		return wire.Result{Status: wire.Refused, Member: ev.Member, Error: &wire.Error{Code: code, Message: "no", Expected: expected}}
	}
	switch {
	case ev.Source == "" && ev.ID == "":
		h.t.Errorf("event of %q has no identity", ev.Member)
	case ev.Source == "" && h.ids[ev.ID]:
		return wire.Result{Status: wire.Duplicate, Member: ev.Member}
	case ev.Source == "":
		h.ids[ev.ID] = true
	case ev.Epoch != "" && ev.Epoch != h.epoch:
		return refuse(wire.StaleEpoch, 0)
	case ev.Generation != 0 && ev.Generation != h.gen:
		return refuse(wire.Fenced, 0)
	case ev.Seq <= h.seq:
		return wire.Result{Status: wire.Duplicate, Member: ev.Member}
	case ev.Seq > h.seq+1:
		return refuse(wire.Gap, h.seq+1)
	default:
		h.seq++
	}
	if ev.Op == "nonsense" {
		return refuse(wire.BadOp, 0)
	}
	if !h.quiet {
		h.applied = append(h.applied, ev.Member)
	}
	return wire.Result{Status: wire.Applied, Member: ev.Member, Version: uint64(len(h.applied))}
}

func (s *fakeSession) ok(r wire.Request, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		s.hub.t.Error(err)
	}
	s.write(wire.Answer{ID: r.ID, OK: text})
}

// write may fail: the connection may be gone.
func (s *fakeSession) write(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.WriteJSON(v)
}

func (s *fakeSession) close(code int) {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
}

func (s *fakeSession) cut() { _ = s.conn.NetConn().Close() }

// requests returns the requests so far whose line starts with the operation.
func (h *fakeHub) requests(op string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.log), func(line string) bool {
		return len(line) < len(op) || line[:len(op)] != op
	})
}

func (h *fakeHub) members() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.applied)
}

// patience bounds what a test waits for, mostly in the time of a bubble: a
// client that reconnects for ever would never let a bubble stand still.
const patience = 2 * time.Minute

// bounded is the test's context with an end.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for the next value, or for the channel's end.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come in %v", what, patience)
		panic("unreachable")
	}
}

// session is the next one that says hello.
func (h *fakeHub) session() *fakeSession {
	h.t.Helper()
	return receive(h.t, "a session", h.sessions)
}

// forget empties the log of requests.
func (h *fakeHub) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = nil
}

// newClient dials with quick reconnects and closes at the end.
func newClient(t testing.TB, url string, opts ...Option) *Client {
	t.Helper()
	c, err := Dial(bounded(t), url, append([]Option{Backoff(time.Millisecond, 20*time.Millisecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newSource(t testing.TB, c *Client) *Source {
	t.Helper()
	s, err := c.Source(bounded(t), "finals", "judge-1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// events makes n increments of the members m1, m2 …
func events(n int) []wire.Event {
	out := make([]wire.Event, n)
	for i := range out {
		out[i] = wire.Event{Member: fmt.Sprint("m", i+1), Op: wire.OpIncr, Score: new(1.0)}
	}
	return out
}

func membersOf(events []wire.Event) []string {
	out := make([]string, len(events))
	for i := range events {
		out[i] = events[i].Member
	}
	return out
}

func wantEqual[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
