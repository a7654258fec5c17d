package hub

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"rollcall/hub/fanout"
	"rollcall/presence"
	"rollcall/wire"
)

// session is one WebSocket connection. Its read loop handles one message after
// the other; only score answers come from elsewhere.
type session struct {
	hub  *Hub
	id   string
	addr string
	ws   *websocket.Conn // read only by the read loop
	conn *fanout.Conn
	out  *fanout.Outbox

	// owned by the read loop
	who     *Principal // nil until authenticated
	subs    map[string]*subscription
	rooms   map[string]bool
	rate    *rate.Limiter
	inFly   chan struct{} // one element per unanswered score message
	counted string        // guarded by sessions.mu: the user it counts under

	mu      sync.Mutex
	expiry  *time.Timer // guarded by mu: closes the session when its token ends
	ping    *time.Timer // guarded by mu
	ended   bool        // guarded by mu
	leaving bool        // guarded by mu: the node closes it; its users are not seen to leave
}

// subscription is one cursor of the session on a view.
type subscription struct {
	detach func()
}

func newSession(h *Hub, ws *websocket.Conn, conn *fanout.Conn, addr string, who *Principal) *session {
	lim := h.cfg.Limits
	return &session{
		hub: h, id: uuid.NewString(), addr: addr, ws: ws, conn: conn, out: conn.Outbox(), who: who,
		subs: map[string]*subscription{}, rooms: map[string]bool{},
		rate:  rate.NewLimiter(rate.Limit(lim.Messages), int(2*lim.Messages)),
		inFly: make(chan struct{}, lim.InFlight),
	}
}

// end lets go of everything the session held.
func (s *session) end(cause presence.Cause) {
	s.mu.Lock()
	s.ended = true
	leaving := s.leaving
	if s.ping != nil {
		s.ping.Stop()
	}
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.mu.Unlock()
	for _, sub := range s.subs {
		sub.detach()
	}
	s.hub.sessions.remove(s)
	if !leaving {
		s.hub.tracker.ExitAll(s.id, cause)
	}
}

// read handles messages until the connection ends and says why it did.
func (s *session) read() presence.Cause {
	s.ws.SetReadLimit(wire.MaxFrameSize)
	s.ws.SetPingHandler(func(data string) error {
		s.alive()
		s.conn.Pong([]byte(data))
		return nil
	})
	s.ws.SetPongHandler(func(string) error { s.alive(); return nil })
	s.alive()
	fit := true
	for {
		kind, msg, err := s.ws.ReadMessage()
		if err != nil {
			return s.causeOf(err)
		}
		s.alive()
		if code, reason := unfit(kind, msg); code != 0 {
			s.conn.CloseWith(code, reason)
			fit = false // read on until the peer has answered the close
		}
		if !fit {
			continue
		}
		s.hub.metrics.messages.Inc()
		s.handle(msg)
	}
}

func unfit(kind int, msg []byte) (code int, reason string) {
	if kind != websocket.TextMessage {
		return wire.CloseUnsupported, "send text frames of JSON"
	}
	if !utf8.Valid(msg) {
		return wire.CloseInvalidUTF8, "a text frame must be UTF-8"
	}
	return 0, ""
}

// alive moves the read deadline: any inbound frame is a heartbeat.
func (s *session) alive() {
	wait := s.hub.cfg.ReadDeadline
	if s.who == nil {
		wait = min(wait, s.hub.cfg.AuthTimeout)
	}
	_ = s.ws.SetReadDeadline(time.Now().Add(wait)) // fails only on a closed connection, which the next read reports
}

// causeOf decides the grace by how the connection ended.
func (s *session) causeOf(err error) presence.Cause {
	var ce *websocket.CloseError
	if errors.As(err, &ce) {
		switch ce.Code {
		case wire.CloseNormal:
			return presence.Explicit
		case wire.CloseGoingAway, websocket.CloseNoStatusReceived:
			return presence.Going
		}
		return presence.Broken
	}
	var timeout net.Error
	switch {
	case !errors.As(err, &timeout) || !timeout.Timeout():
	case s.who == nil:
		s.conn.CloseWith(wire.CloseAuthTimeout, "say hello first")
	default:
		_ = s.conn.Close() // the peer is gone: there is nobody to tell
	}
	return presence.Broken
}

// schedulePing pings every interval ±20 %, so that sessions do not beat in
// step.
func (s *session) schedulePing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	wait := time.Duration(float64(s.hub.cfg.Ping) * (0.8 + 0.4*rand.Float64()))
	if s.ping == nil {
		s.ping = time.AfterFunc(wait, func() {
			s.conn.Ping(nil)
			s.schedulePing()
		})
		return
	}
	s.ping.Reset(wait)
}

// restart closes the session because the node goes down; its holders stay.
func (s *session) restart() {
	s.mu.Lock()
	s.leaving = true
	s.mu.Unlock()
	s.conn.CloseWith(wire.CloseRestart, "the node is going down")
}

// ok answers a request with what it asked for.
func (s *session) ok(id int64, v any) { s.answer(wire.Answer{ID: id, OK: encode(v)}) }

// fail answers a request with its error.
func (s *session) fail(id int64, fault *wire.Error) {
	s.hub.metrics.errors.WithLabelValues(string(fault.Code)).Inc()
	s.answer(wire.Answer{ID: id, Error: fault})
}

func (s *session) answer(a wire.Answer) {
	if err := s.out.Send(fanout.NewFrame(encode(a))); err != nil {
		s.hub.metrics.refused("answers")
		s.conn.CloseWith(wire.CloseSlow, "answers are not read")
	}
}

// handle answers one message.
func (s *session) handle(msg []byte) {
	var req wire.Request
	if err := json.Unmarshal(msg, &req); err != nil {
		s.fail(req.ID, requestFault(err))
		return
	}
	if s.exceeds() {
		s.fail(req.ID, &wire.Error{Code: wire.RateLimited, Message: "too many messages a second", RetryAfterMS: 1000})
		return
	}
	op, known := ops[req.Op]
	switch {
	case !known:
		s.fail(req.ID, &wire.Error{Code: wire.UnknownOp, Field: "op", Message: "must be hello, subscribe, unsubscribe, score, join, leave, away or ping"})
	case s.who == nil && req.Op != wire.OpHello:
		s.fail(req.ID, &wire.Error{Code: wire.AuthRequired, Field: "op", Message: "say hello with a token first"})
	default:
		if fault := op(s, &req); fault != nil {
			s.fail(req.ID, fault)
		}
	}
}

// exceeds takes one message of the session's rate; senders with backpressure
// (pushers, jury, admins) have none.
func (s *session) exceeds() bool {
	if p := s.who; p != nil && (p.Can(Pusher) || p.Can(Jury)) {
		return false
	}
	if s.rate.Allow() {
		return false
	}
	s.hub.metrics.refused("messages")
	return true
}

func requestFault(err error) *wire.Error {
	var te *json.UnmarshalTypeError
	if errors.As(err, &te) && te.Field != "" {
		return &wire.Error{Code: wire.BadType, Field: te.Field, Message: "must not be " + te.Value}
	}
	if errors.As(err, &te) {
		return &wire.Error{Code: wire.BadType, Message: "a message must be an object, not " + te.Value}
	}
	return &wire.Error{Code: wire.BadJSON, Message: "the message does not parse: " + err.Error()}
}
