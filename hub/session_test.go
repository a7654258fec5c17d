package hub_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

func TestMalformedMessagesCountToo(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Limits.Messages = 10 })
	n.token = "player"
	s := n.hello("")
	limited := 0
	for range 40 {
		s.send(`{"id":`)
		if a := s.awaitAnswer(); a.Error.Code == wire.RateLimited {
			limited++
		}
	}
	if limited < 15 {
		t.Errorf("%d of 40 malformed messages were refused by rate", limited)
	}
}

func TestFloodIsClosed(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Limits.Messages = 10 })
	n.token = "player"
	s := n.hello("")
	go func() {
		for range 1000 {
			if s.ws.WriteMessage(websocket.TextMessage, []byte(`{"op":"ping"}`)) != nil {
				return
			}
		}
	}()
	s.wantClosed(wire.CloseFlood)
	if !strings.Contains(n.metrics(), `rollcall_refused_total{limit="messages"}`) {
		t.Error("no metric of the limit")
	}
}

func TestNothingIsTakenAfterTheTokenEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		pusher := hub.Principal{User: "bot", Roles: []hub.Role{hub.Admin}, Expires: time.Now().Add(10 * time.Second)}
		n := newBubbleNode(t, hub.Config{Auth: tokens{"t": pusher}}, f.wrap)
		defer n.stop()
		n.token = "t"
		s := n.hello("")
		time.Sleep(11 * time.Second) // the close frame is not read, nor answered
		s.send(`{"id":1,"op":"score","board":"b","events":[{"member":"m","op":"set","score":1}]}`)
		s.wantClosed(wire.CloseAuthFailed)
		if got := f.applied.Load(); got != 0 {
			t.Error("an event after the end of the token was taken")
		}
	})
}

func TestRenewedTokenMustCoverWhatTheSessionHas(t *testing.T) {
	ann := func(roles ...hub.Role) hub.Principal { return hub.Principal{User: "ann", Roles: roles} }
	narrow := ann(hub.Player)
	narrow.Boards, narrow.Rooms, narrow.Member = []string{"other"}, []string{"other"}, "someone"
	tokens := tokens{
		"jury": ann(hub.Jury, hub.Player), "player": ann(hub.Player), "narrow": narrow, "admin": {User: "root", Roles: []hub.Role{hub.Admin}},
		"again": ann(hub.Jury, hub.Player),
	}
	n := newNode(t, func(c *hub.Config) { c.Auth = tokens })
	n.token = "admin"
	n.board("b", wire.Rules{})
	for name, c := range map[string]struct {
		have    wire.Request
		refused string
	}{
		"live board": {wire.Request{Op: "subscribe", View: "top", Board: "b", Audience: "live"}, "player narrow"},
		"board":      {wire.Request{Op: "subscribe", View: "top", Board: "b"}, "narrow"},
		"me":         {wire.Request{Op: "subscribe", View: "me", Board: "b"}, "narrow"},
		"room":       {wire.Request{Op: "subscribe", View: "presence", Room: "r"}, "narrow"},
		"being in":   {wire.Request{Op: "join", Room: "r"}, "narrow"},
	} {
		for _, token := range []string{"again", "player", "narrow"} {
			n.token = "jury"
			s := n.hello("")
			s.ok(c.have, nil)
			a := s.answer(wire.Request{Op: "hello", Token: token})
			if want := strings.Contains(c.refused, token); (a.Error != nil) != want {
				t.Errorf("%s, renewed with %s: %v, want it refused: %t", name, token, a.Error, want)
			}
		}
	}
}

func TestHandshakesAtOnceKeepToTheLimit(t *testing.T) {
	const limit = 20
	n := newNode(t, func(c *hub.Config) { c.Limits.Connections = limit })
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 4 * limit {
		wg.Go(func() {
			ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.server.URL, "http")+"/ws", nil)
			if err != nil {
				if res == nil || res.StatusCode != http.StatusTooManyRequests {
					t.Errorf("%v", err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			t.Cleanup(func() { _ = ws.Close() })
			taken++
		})
	}
	wg.Wait()
	if taken != limit {
		t.Errorf("%d connections at a limit of %d", taken, limit)
	}
}

func TestStreamsAreConnections(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Limits.ConnectionsPerUser = 1; c.Limits.ConnectionsPerAddress = 2 })
	n.token = "admin"
	n.board("b", wire.Rules{})
	open := func(token string) *http.Response {
		req, err := http.NewRequest("GET", n.server.URL+"/v1/boards/b/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := n.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	for i, c := range []struct {
		token string
		want  int
	}{{"player", 200}, {"player", 429}, {"jury", 200}, {"viewer", 429}} {
		if res := open(c.token); res.StatusCode != c.want {
			t.Errorf("stream %d as %s: %d, want %d", i, c.token, res.StatusCode, c.want)
		}
	}
}

func TestPlaceIsGivenBack(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.Limits.ConnectionsPerAddress = 1; c.Limits.ConnectionsPerUser = 1 })
	for i := range 20 {
		s := n.dialUntil(time.Now().Add(5 * time.Second))
		s.ok(wire.Request{Op: "hello", Name: "ann"}, nil)
		switch i % 3 {
		case 0:
			_ = s.ws.Close()
		case 1:
			_ = s.ws.WriteMessage(websocket.BinaryMessage, nil)
			s.wantClosed(wire.CloseUnsupported)
			_ = s.ws.Close()
		case 2:
			_ = s.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
			s.wantClosed(1000)
			_ = s.ws.Close()
		}
	}
}

// dialUntil dials until there is a place.
func (n *testNode) dialUntil(deadline time.Time) *testSession {
	n.Helper()
	for {
		ws, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.server.URL, "http")+"/ws", nil)
		if err == nil {
			n.Cleanup(func() { _ = ws.Close() })
			return &testSession{TB: n.TB, ws: ws}
		}
		if res == nil || res.StatusCode != http.StatusTooManyRequests || time.Now().After(deadline) {
			n.Fatal(err)
		}
	}
}

func TestHandshakeThatIsNoneAnswersJSON(t *testing.T) {
	n := newNode(t)
	n.wantFault(wire.BadRequest, "", "GET", "/ws", nil)
	n.wantFault(wire.BadRequest, "", "POST", "/ws", "{}")
	n.wantFault(wire.BadRequest, "", "GET", "/ws", nil, "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "8")
}

func TestBoardIsReadAsSoonAsItIsMadeOrDeleted(t *testing.T) {
	n := newNode(t)
	s := n.hello("")
	for i := range 200 {
		n.board("b", wire.Rules{Title: fmt.Sprint(i)})
		if p := n.page("b", ""); p.Rules.Title != fmt.Sprint(i) || p.Total != 0 {
			t.Fatalf("round %d: %+v after the board was made", i, p)
		}
		if i == 50 {
			s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b"}, nil)
		}
		r := n.push("b", event("s", 1, "m", float64(i)))
		if p := n.page("b", fmt.Sprintf("?min_version=%d", r[0].Version)); p.Entries[0].Score != float64(i) {
			t.Fatalf("round %d: %+v after the push", i, p)
		}
		n.want(204, "DELETE", "/v1/boards/b", nil, nil)
		n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
	}
}

func TestHeadIsAnsweredWithoutABody(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for _, path := range []string{"/v1/boards", "/v1/boards/b", "/v1/boards/b/stream", "/v1/contest", "/healthz", "/metrics"} {
		if status, raw := n.call("HEAD", path, nil); status != 200 || len(raw) != 0 {
			t.Errorf("HEAD %s: %d %q", path, status, raw)
		}
	}
}

func TestWriteTakesOneValueAlone(t *testing.T) {
	n := newNode(t)
	n.wantFault(wire.BadJSON, "", "PUT", "/v1/boards/b", `{"title":"x"} {}`)
	n.wantFault(wire.BadJSON, "", "PUT", "/v1/boards/b", `{"title":"x"}]`)
	n.wantFault(wire.BadJSON, "", "PUT", "/v1/boards/b", ``)
	n.wantFault(wire.TooLarge, "", "PUT", "/v1/boards/b", strings.Repeat(" ", wire.MaxBody+1))
	n.wantFault(wire.UnknownBoard, "board", "GET", "/v1/boards/b", nil)
}

func TestFrameOfImpossibleLengthEndsTheSession(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.Limits.ConnectionsPerAddress = 1 })
	for _, high := range []byte{0x80, 0xff, 0x7f} {
		s := n.dialUntil(time.Now().Add(10 * time.Second))
		head := []byte{0x81, 0xff, high, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}
		if _, err := s.ws.NetConn().Write(head); err != nil {
			t.Fatal(err)
		}
		s.wantClosed(wire.CloseTooBig)
		_ = s.ws.Close()
	}
}
