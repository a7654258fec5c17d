package hub_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// Every operation is asked and answered, and every view shown, as documented.
func TestWebSocketAnswersAsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	n.board("b", wire.Rules{Columns: []wire.Column{{ID: "A", Label: "A"}}})
	s := &spoken{testSession: n.dial(nil), docs: d}

	s.says(`{"id":1,"op":"hello","name":"ann"}`, "HelloOK")
	s.says(`{"id":2,"op":"join","room":"r"}`, "")
	s.says(`{"id":3,"op":"subscribe","view":"presence","room":"r","mode":"auto"}`, "SubscribeOK")
	s.shows("PresenceSnapshot")
	s.says(`{"id":4,"op":"away","room":"r","away":true}`, "")
	s.shows("PresenceDelta")
	s.says(`{"id":5,"op":"subscribe","view":"presence","room":"r","mode":"count"}`, "SubscribeOK")
	s.shows("PresenceSnapshot")

	s.says(`{"id":6,"op":"subscribe","view":"top","board":"b","n":10,"scheme":"dense","audience":"live"}`, "SubscribeOK")
	s.shows("BoardSnapshot")
	s.says(`{"id":7,"op":"subscribe","view":"me","board":"b"}`, "SubscribeOK")
	s.shows("BoardSnapshot")
	s.says(`{"id":8,"op":"subscribe","view":"around","board":"b","member":"ann","span":2,"max_hz":10}`, "SubscribeOK")
	s.shows("BoardSnapshot")
	s.says(`{"id":9,"op":"subscribe","view":"activity","board":"b"}`, "SubscribeOK")
	s.shows("Activity")
	s.says(`{"id":10,"op":"score","board":"b","ack":"memory","events":[
		{"member":"ann","op":"set","score":1,"name":"Ann","cells":{"A":5}},{"member":"bob","op":"?"}]}`, "Results")
	s.showsEach("BoardDelta", "BoardSnapshot", "BoardSnapshot", "Activity") // top, me, around, activity
	s.says(`{"id":16,"op":"score","board":"b","events":[{"member":"ann","op":"remove"}]}`, "Results")
	s.showsEach("BoardDelta", "BoardSnapshot", "BoardSnapshot", "Activity")

	s.says(`{"id":11,"op":"ping"}`, "")
	s.says(`{"id":12,"op":"leave","room":"r"}`, "")
	s.says(`{"id":13,"op":"subscribe","view":"nothing"}`, "error")
	s.says(`{"id":14,"op":"unsubscribe","sub":"s0"}`, "error")
	s.says(`{"id":15,"op":"join","room":"no room"}`, "error")
	for i, sub := range s.subs {
		raw, err := json.Marshal(wire.Request{ID: int64(20 + i), Op: wire.OpUnsubscribe, Sub: sub})
		if err != nil {
			t.Fatal(err)
		}
		s.says(string(raw), "")
	}
	s.wantAllAsked()
}

func TestStandingsAreToldAsDocumented(t *testing.T) {
	d := loadDocuments(t)
	n, p := newProvingNode(t, hub.Config{Durable: leaderboard.LevelDisk})
	n.board("b", wire.Rules{})
	bot := n.hello("bot")
	told := func() {
		t.Helper()
		f := bot.nextStanding()
		d.wantAsyncAPI("standing", f.raw, "StandingFrame")
	}
	bot.score("", incr("s", 1))
	n.want(http.StatusNoContent, "DELETE", "/v1/boards/b", nil, nil)
	n.board("b", wire.Rules{})
	told() // durable: null
	p.proves(leaderboard.LevelDisk)
	bot.score("", incr("s", 1))
	told()
}

// Frames that are no request are answered too.
func TestUnreadableMessagesAreAnsweredAsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	s := n.hello("ann")
	for _, raw := range []string{`{`, `[]`, `7`, `{"id":"x","op":"ping"}`, `{"id":4}`} {
		s.send(raw)
		f, err := s.read()
		if err != nil {
			t.Fatal(err)
		}
		d.wantAsyncAPI("answer to "+raw, f.raw, "Answer")
		if f.Error == nil {
			t.Errorf("%s was answered %s", raw, f.raw)
		}
	}
}

// What a bot on NATS is answered is what HTTP answers.
func TestMessagesOfBotsAreAnsweredAsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	n.board("b", wire.Rules{})
	bot := hub.Principal{Roles: []hub.Role{hub.Admin}}
	for _, body := range []string{`{"member":"m","op":"incr","score":1}`, `[{"member":"m","op":"?"}]`, `{`, `[]`} {
		answer := n.hub.PushMessage(bot, "b", hub.Asked{}, []byte(body))
		d.want("answer to "+body, answer, asyncapiURL, []string{"channels", "push", "messages", "results", "payload"})
	}
}

// spoken is a session whose every frame is checked against asyncapi.yaml.
type spoken struct {
	*testSession
	docs *documents
	subs []string
	ops  []string
	view []string
}

// says sends a request and checks it, its answer, and the schema of what the
// answer holds: "" for nothing, "error" for an error.
func (s *spoken) says(raw, schema string) {
	s.Helper()
	if schema != "error" {
		s.docs.wantAsyncAPI("request", []byte(raw), "Request")
	}
	var req wire.Request
	if err := json.Unmarshal([]byte(raw), &req); err != nil {
		s.Fatal(err)
	}
	for _, ev := range req.Events[:min(1, len(req.Events))] {
		s.docs.wantOpenAPI("event", ev, "components", "schemas", "Event")
	}
	s.ops, s.view = append(s.ops, req.Op), append(s.view, req.View)
	s.send(raw)
	a := s.awaitAnswer()
	whole, err := json.Marshal(a)
	if err != nil {
		s.Fatal(err)
	}
	s.docs.wantAsyncAPI("answer to "+raw, whole, "Answer")
	switch {
	case a.ID != req.ID || (a.Error != nil) != (schema == "error"):
		s.Fatalf("%s was answered %s", raw, whole)
	case schema == "" && string(a.OK) != "{}":
		s.Errorf("%s was answered %s, want nothing in it", raw, whole)
	case schema == "SubscribeOK":
		var ok wire.SubscribeOK
		if err := json.Unmarshal(a.OK, &ok); err != nil {
			s.Fatal(err)
		}
		s.subs = append(s.subs, ok.Sub)
		fallthrough
	case schema != "" && schema != "error":
		s.docs.wantAsyncAPI("answer to "+raw, a.OK, schema)
	}
}

// shows checks the next push and the schema of what it holds.
func (s *spoken) shows(schema string) {
	s.Helper()
	f := s.next()
	s.docs.wantAsyncAPI("push", f.raw, "Push")
	s.docs.wantAsyncAPI("push of "+f.View, content(f), schema)
}

// showsEach checks as many pushes, in any order of the views.
func (s *spoken) showsEach(schemas ...string) {
	s.Helper()
	for range schemas {
		f := s.next()
		s.docs.wantAsyncAPI("push", f.raw, "Push")
		i := slices.IndexFunc(schemas, func(schema string) bool {
			return (schema == "Activity") == (f.View == wire.ViewActivity) && (schema == "BoardDelta") == (f.View == wire.ViewTop)
		})
		s.docs.wantAsyncAPI("push of "+f.View, content(f), schemas[i])
	}
}

// content is what a push holds.
func content(f frame) []byte {
	if f.Snapshot != nil {
		return f.Snapshot
	}
	return f.Delta
}

// wantAllAsked checks that every documented operation and view was asked for.
func (s *spoken) wantAllAsked() {
	s.Helper()
	fields := at(s.docs.asyncapi, "components", "schemas", "Request", "properties")
	for _, op := range texts(at(fields, "op", "enum")) {
		if !slices.Contains(s.ops, op) {
			s.Errorf("op %s is documented and was not asked", op)
		}
	}
	for _, view := range texts(at(fields, "view", "enum")) {
		if !slices.Contains(s.view, view) {
			s.Errorf("view %s is documented and was not asked for", view)
		}
	}
}
