package hub_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/wire"
)

func TestReadSeesAnAcknowledgedWrite(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for i := 1; i <= 50; i++ {
		r := n.push("b", event("s", i, "m", float64(i)))
		p := n.page("b", fmt.Sprintf("?min_version=%d", r[0].Version))
		if p.Version < r[0].Version || p.Entries[0].Score != float64(i) {
			t.Fatalf("after version %d: %+v", r[0].Version, p)
		}
	}
	n.wantFault(wire.Behind, "min_version", "GET", "/v1/boards/b?min_version=1000&wait_ms=10", nil)
}

func TestPagesAndSchemes(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{Tie: wire.TieNone, Columns: []wire.Column{{ID: "A", Label: "A", Color: "#ff0000"}}})
	n.push("b", []any{event("s", 1, "ann", 5), event("s", 2, "bob", 5), event("s", 3, "cyd", 3), event("s", 4, "dee", 9)})
	for scheme, want := range map[string]string{"": "1 2 2 4", "competition": "1 2 2 4", "dense": "1 2 2 3", "ordinal": "1 2 3 4"} {
		var ranks []string
		for _, e := range n.page("b", "?scheme="+scheme).Entries {
			ranks = append(ranks, fmt.Sprint(e.Rank))
		}
		if got := strings.Join(ranks, " "); got != want {
			t.Errorf("scheme %q: %s, want %s", scheme, got, want)
		}
	}
	p := n.page("b", "?offset=1&limit=2")
	if p.Total != 4 || len(p.Entries) != 2 || p.Entries[0].Member != "ann" || p.Entries[0].Cells == nil || p.Rules.Columns[0].Color != "#ff0000" {
		t.Errorf("page %+v", p)
	}
	if p := n.page("b", "?offset=99"); len(p.Entries) != 0 {
		t.Errorf("beyond the end: %+v", p.Entries)
	}
	var m wire.MemberPage
	n.want(200, "GET", "/v1/boards/b/members/bob?around=1", nil, &m)
	if m.Entry.Rank != 2 || len(m.Entries) != 3 || m.Entries[1].Member != "bob" {
		t.Errorf("member %+v", m)
	}
	n.wantFault(wire.UnknownMember, "member", "GET", "/v1/boards/b/members/eve", nil)
	n.wantFault(wire.OutOfRange, "limit", "GET", "/v1/boards/b?limit=1001", nil)
	n.wantFault(wire.OutOfRange, "offset", "GET", "/v1/boards/b?offset=-1", nil)
	n.wantFault(wire.BadRequest, "scheme", "GET", "/v1/boards/b?scheme=best", nil)
	n.wantFault(wire.BadRequest, "audience", "GET", "/v1/boards/b?audience=all", nil)
	n.wantFault(wire.OutOfRange, "wait_ms", "GET", "/v1/boards/b?wait_ms=x", nil)
	n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/none", nil)
}

func TestMembersOfAnyNameAreReached(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for i, m := range []string{"a/b", "a%2Fb", "ü b", "?x=1", "日本", "a//b", "..a", "#"} {
		n.push("b", event("s", i+1, m, 1))
		var p wire.MemberPage
		n.want(200, "GET", "/v1/boards/b/members/"+pathEscape(m), nil, &p)
		if p.Entry.Member != m {
			t.Errorf("%q: got %q", m, p.Entry.Member)
		}
	}
}

func pathEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func TestRulesArePutAndKept(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{Title: "One"})
	var info wire.BoardInfo
	n.want(200, "PUT", "/v1/boards/b", wire.Rules{Title: "One"}, &info)
	if info.Version != 0 || info.Rules.Order != "desc" || info.Rules.Tie != "reached" || info.Rules.Scheme != "competition" {
		t.Errorf("the same rules again: %+v", info)
	}
	n.push("b", event("s", 1, "m", 1))
	n.wantFault(wire.RulesFixed, "order", "PUT", "/v1/boards/b", wire.Rules{Title: "One", Order: "asc"})
	n.want(200, "PUT", "/v1/boards/b", wire.Rules{Title: "Two"}, nil)
	if p := n.page("b", "?min_version=2"); p.Rules.Title != "Two" {
		t.Errorf("rules %+v", p.Rules)
	}
	var all wire.Boards
	n.want(200, "GET", "/v1/boards", nil, &all)
	if len(all.Boards) != 1 || all.Boards[0].Total != 1 || all.Boards[0].Rules.Title != "Two" {
		t.Errorf("boards %+v", all)
	}
	for field, rules := range map[string]string{
		"order": `{"order":"up"}`, "tie": `{"tie":"coin"}`, "scheme": `{"scheme":"x"}`,
		"columns[0].id": `{"columns":[{"id":""}]}`, "columns[1].id": `{"columns":[{"id":"A"},{"id":"A"}]}`, "columns[0].color": `{"columns":[{"id":"A","color":"red"}]}`,
	} {
		code := wire.BadRequest
		if field == "columns[0].id" {
			code = wire.BadName
		}
		n.wantFault(code, field, "PUT", "/v1/boards/new", rules)
	}
	n.wantFault(wire.BadType, "title", "PUT", "/v1/boards/new", `{"title":7}`)
	n.wantFault(wire.BadJSON, "", "PUT", "/v1/boards/new", `{"title":`)
	n.wantFault(wire.UnknownBoard, "board", "DELETE", "/v1/boards/new", nil)
}

func TestStreamIsTheViewAsEvents(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.push("b", event("s", 1, "ann", 5))
	first, stop := n.stream("")
	defer stop()
	snapshot := first()
	if snapshot["event"] != "snapshot" || snapshot["id"] == "" {
		t.Fatalf("first event %v", snapshot)
	}
	n.push("b", event("s", 2, "bob", 7))
	second := first()
	var push wire.Push
	if err := json.Unmarshal([]byte(second["data"]), &push); err != nil || push.At != second["id"] {
		t.Fatalf("second event %v: %v", second, err)
	}
	resumed, stop2 := n.stream(snapshot["id"])
	defer stop2()
	if again := resumed(); again["data"] != second["data"] {
		t.Errorf("resumed with %v, want %v", again, second)
	}
}

// stream opens the SSE stream of board b; the func returns the next event.
func (n *testNode) stream(lastID string) (next func() map[string]string, stop func()) {
	n.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	req, err := http.NewRequestWithContext(ctx, "GET", n.server.URL+"/v1/boards/b/stream", nil)
	if err != nil {
		n.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := n.server.Client().Do(req)
	if err != nil {
		n.Fatal(err)
	}
	if res.Header.Get("Content-Type") != "text/event-stream" {
		n.Fatalf("content type %s", res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	next = func() map[string]string {
		n.Helper()
		ev := map[string]string{}
		for lines.Scan() {
			if lines.Text() == "" && len(ev) > 0 {
				return ev
			}
			if k, v, ok := strings.Cut(lines.Text(), ": "); ok && k != "" {
				ev[k] = v
			}
		}
		n.Fatalf("the stream ended: %v", lines.Err())
		return nil
	}
	return next, func() { cancel(); _ = res.Body.Close() }
}

func TestUnfitFramesCloseWithTheirCode(t *testing.T) {
	n := newNode(t)
	for name, c := range map[string]struct {
		kind, code int
		msg        string
	}{
		"binary":    {websocket.BinaryMessage, wire.CloseUnsupported, "{}"},
		"not UTF-8": {websocket.TextMessage, wire.CloseInvalidUTF8, "\xff\xfe"},
		"too big":   {websocket.TextMessage, wire.CloseTooBig, `{"op":"` + strings.Repeat("x", wire.MaxFrameSize) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := n.hello("")
			s.TB = t
			if err := s.ws.WriteMessage(c.kind, []byte(c.msg)); err != nil {
				t.Fatal(err)
			}
			s.wantClosed(c.code)
		})
	}
}

func TestMalformedMessagesAreAnsweredAndTheSessionLives(t *testing.T) {
	n := newNode(t)
	s := n.hello("")
	for msg, want := range map[string]string{
		`{"id":1,"op":`:                         "bad_json ",
		`[]`:                                    "bad_type ",
		`{"id":"x","op":"ping"}`:                "bad_type id",
		`{"id":1,"op":"dance"}`:                 "unknown_op op",
		`{"id":1,"op":"subscribe","view":"x"}`:  "unknown_view view",
		`{"id":1,"op":"unsubscribe","sub":"x"}`: "unknown_view sub",
		`{"id":1,"op":"score","board":"b"}`:     "too_large events",
		`{"id":1,"op":"subscribe","view":"top","board":"b","n":2000}`:        "out_of_range n",
		`{"id":1,"op":"subscribe","view":"top","board":"none"}`:              "unknown_board board",
		`{"id":1,"op":"subscribe","view":"top","board":"b","audience":"me"}`: "bad_request audience",
		`{"id":1,"op":"subscribe","view":"around","board":"b"}`:              "bad_name member",
		`{"id":1,"op":"subscribe","view":"top","board":"b","max_hz":-1}`:     "out_of_range max_hz",
	} {
		s.send(msg)
		a := s.awaitAnswer()
		if a.Error == nil || string(a.Error.Code)+" "+a.Error.Field != want || a.Error.Message == "" {
			t.Errorf("%s: %+v %v, want %s", msg, a, a.Error, want)
		}
	}
	s.ok(wire.Request{Op: "ping"}, nil)
	s.send(`{"id":5,"op":"ping","unknown":true}`)
	if a := s.awaitAnswer(); a.Error != nil || a.ID != 5 {
		t.Errorf("an unknown field was not ignored: %+v", a)
	}
}

func TestDrainClosesWithRestartAndNobodyIsSeenToLeave(t *testing.T) {
	n := newNode(t)
	s := n.hello("ann")
	s.ok(wire.Request{Op: "join", Room: "r"}, nil)
	n.hello("").watchRoom("r").until("ann", func() bool {
		var c wire.RoomCount
		n.want(200, "GET", "/v1/rooms/r/count", nil, &c)
		return c.Count == 1
	})
	n.hub.Drain(context.Background(), 0)
	s.wantClosed(wire.CloseRestart)
	n.wantFault(wire.NotReady, "", "GET", "/readyz", nil)
	n.hub.Close()
	var u wire.UserState
	n.want(200, "GET", "/v1/users/ann", nil, &u)
	if !u.Online {
		t.Error("ann was seen to leave")
	}
}
