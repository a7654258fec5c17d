package hub

import (
	"encoding/json"
	"errors"

	"rollcall/wire"
)

// handle answers one message.
func (s *session) handle(msg []byte) {
	req, err := s.readRequest(msg)
	if s.exceeds() {
		s.fail(req.ID, &wire.Error{Code: wire.RateLimited, Message: "too many messages a second", RetryAfterMS: 1000})
		return
	}
	if err != nil {
		s.fail(req.ID, requestFault(err))
		return
	}
	op, known := ops[req.Op]
	switch {
	case !known:
		s.fail(req.ID, &wire.Error{Code: wire.UnknownOp, Field: "op", Message: "must be hello, subscribe, unsubscribe, score, join, leave, away or ping"})
	case s.who == nil && req.Op != wire.OpHello:
		s.fail(req.ID, &wire.Error{Code: wire.AuthRequired, Field: "op", Message: "say hello with a token first"})
	default:
		if fault := op(s, req); fault != nil {
			s.fail(req.ID, fault)
		}
	}
}

// request is a message with its events read.
type request struct {
	wire.Request
	incoming []wire.Incoming
}

// readRequest reads a message. Only who may push has its events decoded: from
// anybody else 64 KiB of them would cost more than they are worth.
func (s *session) readRequest(msg []byte) (*request, error) {
	if s.who != nil && s.who.Can(Pusher) {
		return readRequest(msg)
	}
	req := &request{}
	return req, json.Unmarshal(msg, &req.Request)
}

// readRequest reads a message with its events. Events without a fault are
// decoded with it, in one pass; if there is one, event by event, unless there
// are too many to be taken.
func readRequest(msg []byte) (*request, error) {
	var quick struct {
		wire.Request
		Events []wire.Event `json:"events"`
	}
	err := json.Unmarshal(msg, &quick)
	req := &request{Request: quick.Request}
	if err == nil {
		req.incoming = wire.CheckEvents(quick.Events)
		return req, nil
	}
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); !mistyped {
		return req, err
	}
	if err := json.Unmarshal(msg, &req.Request); err != nil {
		return req, err
	}
	if len(req.Events) <= wire.MaxBatch {
		req.incoming = wire.DecodeEach(req.Events)
	}
	return req, nil
}

// exceeds takes one message of the session's rate; senders with backpressure
// (pushers, jury, admins) have none. Who goes on regardless is closed.
func (s *session) exceeds() bool {
	if p := s.who; p != nil && (p.Can(Pusher) || p.Can(Jury)) {
		return false
	}
	if s.rate.Allow() {
		return false
	}
	s.hub.metrics.refused("messages")
	if !s.flood.Allow() {
		s.shut(wire.CloseFlood, "too many messages a second")
	}
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
