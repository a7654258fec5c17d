package natsbus

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"rollcall/hub"
	"rollcall/wire"
)

// Subjects. PushPrefix + board is where bots request.
const (
	PushPrefix = "rollcall.v1.push."

	botPrefix   = "rollcall.bot."   // in the hub's account: + tenant + "." + board
	botSubjects = botPrefix + "*.*" //
	inboxes     = "_INBOX.>"        // in the bot's account
	pushAny     = PushPrefix + "*"  //
)

// AckHeader is the header of a request that names the least level of its acks.
const AckHeader = "Rollcall-Ack"

// JournalHeader is the header of a request whose acknowledged events the node is
// to keep in its journal: "true".
const JournalHeader = "Rollcall-Journal"

// retryMS is when a bot that was told busy should try again: some batches of
// the store later.
const retryMS = 100

// receive takes one request from the hub's connection. It never blocks.
func (s *Server) receive(msg *nats.Msg) {
	t, board, fault := s.admit(msg.Subject)
	if fault == nil {
		fault = s.lanes.put(job{tenant: t, board: board, msg: msg})
	}
	if fault == nil {
		return
	}
	if fault.Code == wire.Busy {
		s.counts.busy.Add(1)
	}
	s.respond(msg, failure(fault))
}

// admit says who sent a message on the subject, to which board.
func (s *Server) admit(subject string) (*tenant, string, *wire.Error) {
	text, board, _ := strings.Cut(strings.TrimPrefix(subject, botPrefix), ".")
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil, "", &wire.Error{Code: wire.BadRequest, Message: "not a push subject"}
	}
	if fault := wire.CheckName("board", board); fault != nil {
		return nil, "", fault
	}
	t := s.tenants.get(id)
	if t == nil || !t.who.OnBoard(board) {
		return nil, "", &wire.Error{Code: wire.Forbidden, Field: "board", Message: "the token does not cover this board"}
	}
	return t, board, nil
}

// answer runs one push. The lanes call it.
func (s *Server) answer(ctx context.Context, j job) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.PushTimeout)
	defer cancel()
	s.counts.pushes.Add(1)
	asked := hub.Asked{Ack: j.msg.Header.Get(AckHeader), Journal: j.msg.Header.Get(JournalHeader)}
	s.respond(j.msg, s.cfg.Push(ctx, j.tenant.who, j.board, asked, j.msg.Data))
}

func (s *Server) respond(msg *nats.Msg, body []byte) {
	if msg.Reply == "" {
		return // published, not requested: the bot does not want to know
	}
	if err := msg.Respond(body); err != nil {
		s.cfg.Log.Warn("nats answer not sent", "err", err)
	}
}

func failure(fault *wire.Error) []byte {
	body, err := json.Marshal(wire.Failure{Error: fault})
	if err != nil { // cannot be: the type is plain strings and numbers
		return []byte(`{"error":{"code":"internal","message":"the error cannot be shown"}}`)
	}
	return body
}
