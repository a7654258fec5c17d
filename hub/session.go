package hub

import (
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
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
	// static after construction
	hub    *Hub
	id     string
	place  *place
	ws     *websocket.Conn // read only by the read loop
	conn   *fanout.Conn
	out    *fanout.Outbox
	authBy time.Time     // hello must have come
	inFly  chan struct{} // one element per unanswered score message

	closing atomic.Bool // the close frame is on its way: nothing more is taken
	bot     atomic.Bool // has pushed events

	// owned by the read loop
	who   *Principal // nil until authenticated
	subs  map[string]*subscription
	rooms map[string]bool
	rate  *rate.Limiter // of messages that are taken
	flood *rate.Limiter // of messages that are refused by rate; beyond it the session is closed

	mu      sync.Mutex
	expiry  *time.Timer // guarded by mu: closes the session when its token ends
	ping    *time.Timer // guarded by mu
	ended   bool        // guarded by mu
	leaving bool        // guarded by mu: the node closes it; its users are not seen to leave
}

func newSession(h *Hub, ws *websocket.Conn, conn *fanout.Conn, place *place, who *Principal) *session {
	lim := h.cfg.Limits
	return &session{
		hub: h, id: uuid.NewString(), place: place, ws: ws, conn: conn, out: conn.Outbox(), who: who,
		authBy: time.Now().Add(h.cfg.AuthTimeout),
		subs:   map[string]*subscription{}, rooms: map[string]bool{},
		rate:  rate.NewLimiter(rate.Limit(lim.Messages), int(2*lim.Messages)),
		flood: rate.NewLimiter(rate.Limit(lim.Messages), int(10*lim.Messages)),
		inFly: make(chan struct{}, lim.InFlight),
	}
}

// shut closes the session: answers given so far go out, then the close frame.
// What the peer sends from now on is ignored.
func (s *session) shut(code int, reason string) {
	s.closing.Store(true)
	s.conn.CloseWith(code, reason)
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
	s.hub.standings.leave(s)
	s.hub.sessions.remove(s)
	if !leaving {
		s.hub.tracker.ExitAll(s.id, cause)
	}
}

// read handles messages until the connection ends and says why it did. A panic
// ends this session alone.
func (s *session) read() (cause presence.Cause) {
	defer func() {
		if defect := recover(); defect != nil {
			s.hub.caught(defect, "session", s.id)
			s.shut(wire.CloseInternal, "the server failed")
			cause = presence.Broken
		}
	}()
	s.ws.SetReadLimit(wire.MaxFrameSize)
	s.ws.SetPingHandler(func(data string) error {
		s.alive()
		s.conn.Pong([]byte(data))
		return nil
	})
	s.ws.SetPongHandler(func(string) error { s.alive(); return nil })
	for {
		s.alive() // what the handling took is not the peer's silence
		kind, msg, err := s.ws.ReadMessage()
		if err != nil {
			return s.causeOf(err)
		}
		if s.closing.Load() {
			continue // read on until the peer has answered the close
		}
		if code, reason := unfit(kind, msg); code != 0 {
			s.shut(code, reason)
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

// alive moves the read deadline: any inbound frame is a heartbeat. Only hello
// moves it beyond the authentication timeout.
func (s *session) alive() {
	until := time.Now().Add(s.hub.cfg.ReadDeadline)
	if s.who == nil && s.authBy.Before(until) {
		until = s.authBy
	}
	_ = s.ws.SetReadDeadline(until) // fails only on a closed connection, which the next read reports
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
	case errors.Is(err, websocket.ErrReadLimit):
		s.shut(wire.CloseTooBig, "a message is too big")
	case !errors.As(err, &timeout) || !timeout.Timeout():
		s.shut(wire.CloseProtocol, "a frame broke the protocol") // if it is not the socket that broke
	case s.who == nil:
		s.shut(wire.CloseAuthTimeout, "say hello first")
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

// okAnswer is wire.Answer with its content still to be encoded: once is enough.
type okAnswer struct {
	ID int64 `json:"id"`
	OK any   `json:"ok"`
}

// ok answers a request with what it asked for.
func (s *session) ok(id int64, v any) { s.answer(okAnswer{ID: id, OK: v}) }

// fail answers a request with its error.
func (s *session) fail(id int64, fault *wire.Error) {
	s.hub.metrics.errors.WithLabelValues(string(fault.Code)).Inc()
	s.answer(wire.Answer{ID: id, Error: fault})
}

func (s *session) answer(a any) {
	if err := s.out.Send(fanout.NewFrame(encode(a))); err != nil {
		s.hub.metrics.refused("answers")
		s.shut(wire.CloseSlow, "answers are not read")
	}
}
