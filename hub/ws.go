package hub

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub/fanout"
	"rollcall/wire"
)

// upgrader leaves the origin to principalOf, which has judged it before.
var upgrader = websocket.Upgrader{
	ReadBufferSize: 1024, // per session; a request is smaller
	Subprotocols:   []string{wire.Subprotocol},
	CheckOrigin:    func(*http.Request) bool { return true },
	Error: func(w http.ResponseWriter, _ *http.Request, _ int, reason error) {
		writeFault(w, &wire.Error{Code: wire.BadRequest, Message: "no WebSocket handshake: " + reason.Error()})
	},
}

// closeWait is how long a peer has to answer a close frame.
const closeWait = 3 * time.Second

// serveWS takes a session. With keys, a browser cannot send a header: then
// hello brings the token, within the authentication timeout.
func (h *Hub) serveWS(w http.ResponseWriter, r *http.Request) {
	who, fault := h.principalOf(r)
	if fault != nil && h.cfg.Auth != nil && fault.Code == wire.AuthRequired {
		fault = nil
	}
	if fault != nil {
		h.fail(w, fault)
		return
	}
	place, fault := h.sessions.admit(h.addressOf(r))
	if fault != nil {
		h.fail(w, fault)
		return
	}
	cfg := fanout.Config{SlowCode: wire.CloseSlow, SlowText: "answers are not read", CloseTimeout: closeWait, Stats: &h.metrics.fanout}
	ws, conn, err := fanout.Upgrade(w, r, &upgrader, nil, fanout.Limits{}, cfg)
	if err != nil {
		place.free()
		h.log.Debug("no WebSocket", "err", err)
		return
	}
	s := newSession(h, ws, conn, place, who)
	go func() { // sessions.close waits for free
		defer place.free()
		s.run()
	}()
}

// run reads and writes until the connection ends, then lets go of everything.
func (s *session) run() {
	written := make(chan struct{})
	go func() {
		defer close(written)
		reason, err := s.conn.Run(context.Background())
		s.hub.metrics.closes.WithLabelValues(string(reason)).Inc()
		if err != nil {
			s.hub.log.Debug("session ended", "session", s.id, "reason", string(reason), "err", err)
		}
	}()
	if !s.hub.sessions.add(s) {
		s.restart(0)
	}
	if s.who != nil && !s.authenticated(*s.who) {
		s.shut(wire.CloseTooManyConns, "too many connections of this user")
	}
	s.schedulePing()
	s.end(s.read())
	s.linger()
	<-written
}

// linger waits for the peer's side of a close that the reader could not see,
// as after a message over the limit.
func (s *session) linger() {
	nc := s.ws.NetConn()
	_ = nc.SetReadDeadline(time.Now().Add(closeWait)) // a closed connection ends the copy at once
	_, _ = io.Copy(io.Discard, nc)
}
