package hub_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"rollcall/hub"
	"rollcall/wire"
)

// TestKeylessServesOnlyThisMachine: a web page elsewhere, a proxy, a rebound
// name must not become admin.
func TestKeylessServesOnlyThisMachine(t *testing.T) {
	n := newNode(t)
	port := n.server.URL[strings.LastIndex(n.server.URL, ":"):]
	allowed := [][]string{
		{},
		{"Host", "localhost" + port},
		{"Host", "127.9.9.9" + port},
		{"Host", "[::1]" + port},
		{"Host", "LOCALHOST." + port},
		{"Origin", n.server.URL},
		{"Host", "localhost" + port, "Origin", "http://localhost" + port},
	}
	for _, header := range allowed {
		if status, raw := n.call("GET", "/v1/boards", nil, header...); status != 200 {
			t.Errorf("%v: %d %s, want it served", header, status, raw)
		}
	}
	refused := []struct {
		field  string
		header []string
	}{
		{"", []string{"Host", "rollcall.example" + port}},
		{"", []string{"Host", "localhost.evil.example" + port}},
		{"", []string{"Host", "127.0.0.1.nip.io" + port}},
		{"", []string{"Host", "192.168.1.7" + port}},
		{"Origin", []string{"Origin", "http://evil.example"}},
		{"Origin", []string{"Origin", "null"}},
		{"Origin", []string{"Origin", "http://localhost" + port}}, // not the Host asked for
		{"Origin", []string{"Origin", n.server.URL + ".evil.example"}},
		{"Origin", []string{"Origin", "http://127.0.0.1:1"}},
		{"", []string{"Forwarded", "for=1.2.3.4"}},
		{"", []string{"X-Forwarded-For", "127.0.0.1"}},
		{"", []string{"x-forwarded-proto", "https"}},
		{"", []string{"X-Real-IP", "127.0.0.1"}},
		{"", []string{"Via", "1.1 proxy"}},
	}
	for _, c := range refused {
		for _, path := range []string{"/v1/boards", "/v1/contest", "/metrics", "/ws"} {
			n.wantFault(wire.AuthRequired, c.field, "GET", path, nil, c.header...)
		}
		n.wantFault(wire.AuthRequired, c.field, "PUT", "/v1/boards/b", wire.Rules{}, c.header...)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, _ := n.call("GET", path, nil, "X-Forwarded-For", "1.2.3.4"); status != 200 {
			t.Errorf("%s: %d behind a proxy, want 200: it tells nothing", path, status)
		}
	}
}

func TestKeylessRefusesHTTP10(t *testing.T) {
	n := newNode(t)
	nc, err := net.Dial("tcp", strings.TrimPrefix(n.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	fmt.Fprintf(nc, "GET /v1/boards HTTP/1.0\r\nHost: localhost\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("%d, want 403", res.StatusCode)
	}
}

func TestKeylessRefusesAPeerElsewhere(t *testing.T) {
	n := newNode(t)
	for peer, want := range map[string]int{"10.0.0.7:4711": 403, "127.0.0.1:4711": 200, "[::1]:4711": 200, "[::ffff:127.0.0.1]:1": 200} {
		r := httptest.NewRequest("GET", "http://localhost/v1/boards", nil)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		n.hub.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", peer, w.Code, want)
		}
	}
}

func TestWritesNeedAJSONContentType(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"} {
		n.wantFault(wire.BadContentType, "Content-Type", "POST", "/v1/boards/b/events", event("s", 1, "m", 1), "Content-Type", kind)
		if kind != "" {
			n.wantFault(wire.BadContentType, "Content-Type", "DELETE", "/v1/boards/b", nil, "Content-Type", kind)
		}
	}
	if status, raw := n.call("POST", "/v1/boards/b/sources/s/claim", nil, "Content-Type", ""); status != http.StatusOK {
		t.Errorf("a write without a body: %d %s", status, raw)
	}
	n.wantFault(wire.AuthRequired, "Origin", "POST", "/v1/boards/b/sources/s/claim", nil, "Content-Type", "", "Origin", "http://evil.example")
	n.wantFault(wire.BadJSON, "", "PUT", "/v1/boards/b", nil, "Content-Type", "")
}

func TestWrongMethodsAndPathsAnswerJSON(t *testing.T) {
	n := newNode(t)
	n.wantFault(wire.BadMethod, "", "PATCH", "/v1/boards/b", nil)
	n.wantFault(wire.BadMethod, "", "POST", "/v1/boards", "{}")
	n.wantFault(wire.NotFound, "", "GET", "/v1/nothing", nil)
}

// tokens is an Authenticator of a test: the token names the principal.
type tokens map[string]hub.Principal

func (ts tokens) Authenticate(token string) (hub.Principal, error) {
	if p, ok := ts[token]; ok {
		return p, nil
	}
	return hub.Principal{}, errors.New("the token is not known")
}

var roleTokens = tokens{
	"viewer":  {Roles: []hub.Role{hub.Viewer}, Boards: []string{"b"}},
	"player":  {User: "ann", Name: "Ann", Roles: []hub.Role{hub.Player}, Rooms: []string{"r"}, Boards: []string{"b"}},
	"pusher":  {User: "judge", Roles: []hub.Role{hub.Pusher}, Boards: []string{"b"}, Source: "s"},
	"jury":    {User: "jury", Roles: []hub.Role{hub.Jury}},
	"admin":   {User: "root", Roles: []hub.Role{hub.Admin}},
	"expired": {User: "ann", Roles: []hub.Role{hub.Player}, Expires: time.Unix(1, 0)},
}

func withKeys(c *hub.Config) { c.Auth = roleTokens }

func TestRolesAllowWhatTheyShould(t *testing.T) {
	n := newNode(t, withKeys)
	n.token = "admin"
	n.board("b", wire.Rules{})
	n.board("other", wire.Rules{})
	n.push("other", event("s", 1, "m", 1))
	n.token = "pusher"
	wantStatuses(t, n.push("b", []any{event("t", 1, "m", 1), event("s", 1, "m", 1)}), "forbidden source", "applied")
	calls := []struct {
		method, path string
		body         any
		may          string // roles that are not forbidden
	}{
		{"GET", "/v1/boards", nil, "viewer player pusher jury admin"},
		{"GET", "/v1/boards/b", nil, "viewer player pusher jury admin"},
		{"GET", "/v1/boards/other", nil, "jury admin"},
		{"GET", "/v1/boards/b?audience=live", nil, "jury admin"},
		{"PUT", "/v1/boards/b", wire.Rules{Title: "T"}, "pusher admin"},
		{"PUT", "/v1/boards/other", wire.Rules{Title: "T"}, "admin"},
		{"POST", "/v1/boards/b/events", []any{}, "pusher admin"},
		{"POST", "/v1/boards/other/events", []any{}, "admin"},
		{"GET", "/v1/boards/b/sources/s", nil, "pusher admin"},
		{"POST", "/v1/boards/b/sources/s/claim", "", "pusher admin"},
		{"POST", "/v1/boards/b/sources/t/claim", "", "admin"},
		{"GET", "/v1/rooms/r/count", nil, "viewer player pusher jury admin"},
		{"GET", "/v1/rooms/q/count", nil, "viewer pusher jury admin"},
		{"GET", "/v1/nodes", nil, "jury admin"},
		{"GET", "/metrics", nil, "viewer player pusher jury admin"},
	}
	for _, c := range calls {
		for role := range roleTokens {
			if role == "expired" {
				continue
			}
			n.token = role
			status, raw := n.call(c.method, c.path, c.body)
			if may := strings.Contains(c.may, role); (status != http.StatusForbidden) != may {
				t.Errorf("%s %s as %s: %d %s, allowed should be %t", c.method, c.path, role, status, raw, may)
			}
		}
	}
	n.token = ""
	n.wantFault(wire.AuthRequired, "token", "GET", "/v1/boards", nil)
	n.token = "forged"
	n.wantFault(wire.BadToken, "token", "GET", "/v1/boards", nil)
}

func TestOriginIsCheckedWithKeysToo(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Origins = []string{"https://contest.example"} })
	n.token = "viewer"
	n.wantFault(wire.Forbidden, "Origin", "GET", "/v1/boards", nil, "Origin", "https://evil.example")
	if status, raw := n.call("GET", "/v1/boards", nil, "Origin", "https://contest.example"); status != 200 {
		t.Errorf("%d %s for an allowed origin", status, raw)
	}
}

func TestAnonymousIsAViewerOnlyIfAllowed(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Anonymous = true })
	if status, _ := n.call("GET", "/v1/boards", nil); status != 200 {
		t.Errorf("%d for nobody, want 200", status)
	}
	n.wantFault(wire.Forbidden, "board", "PUT", "/v1/boards/b", wire.Rules{})
	n.wantFault(wire.Forbidden, "", "GET", "/v1/nodes", nil)
	s := n.hello("")
	s.wantFault(wire.AuthRequired, "room", wire.Request{Op: "join", Room: "r"})
}

func TestSessionNeedsHelloInTime(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.AuthTimeout = 50 * time.Millisecond })
	n.dial(nil).wantClosed(wire.CloseAuthTimeout)
	s := n.dial(nil)
	s.wantFault(wire.AuthRequired, "op", wire.Request{Op: "join", Room: "r"})
	s.wantFault(wire.BadToken, "token", wire.Request{Op: "hello", Token: "forged"})
	s.wantClosed(wire.CloseAuthFailed)
	byHeader := n.dial(http.Header{"Authorization": {"Bearer player"}})
	byHeader.ok(wire.Request{Op: "join", Room: "r"}, nil)
}

func TestSessionEndsWithItsToken(t *testing.T) {
	roles := tokens{"short": {User: "ann", Roles: []hub.Role{hub.Player}, Expires: time.Now().Add(time.Hour)}}
	n := newNode(t, func(c *hub.Config) { c.Auth = roles })
	n.token = "short"
	s := n.hello("")
	roles["shorter"] = hub.Principal{User: "ann", Roles: []hub.Role{hub.Player}, Expires: time.Now().Add(100 * time.Millisecond)}
	s.ok(wire.Request{Op: "hello", Token: "shorter"}, nil) // in-band: the new token's life counts
	s.wantClosed(wire.CloseAuthFailed)
}

func TestASessionCannotBecomeAnotherUser(t *testing.T) {
	n := newNode(t)
	s := n.hello("ann")
	s.wantFault(wire.Forbidden, "token", wire.Request{Op: "hello", Name: "bob"})
}

func TestPlayersHaveARequestRate(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Limits.PlayerRequests = 5 })
	n.token = "player"
	for range 5 {
		n.want(200, "GET", "/v1/rooms/r/count", nil, nil)
	}
	n.wantFault(wire.RateLimited, "", "GET", "/v1/rooms/r/count", nil)
	n.token = "jury"
	for range 20 {
		n.want(200, "GET", "/v1/rooms/r/count", nil, nil)
	}
	if _, raw := n.call("GET", "/metrics", nil); !strings.Contains(string(raw), `rollcall_refused_total{limit="player_requests"} 1`) {
		t.Error("no metric of the refusal")
	}
}

func TestConnectionLimits(t *testing.T) {
	refusedBy := func(t *testing.T, limit string, change func(*hub.Limits)) {
		n := newNode(t, func(c *hub.Config) { change(&c.Limits) })
		n.hello("ann")
		_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(n.server.URL, "http")+"/ws", nil)
		if err == nil || res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("a second connection: %v", err)
		}
		if _, raw := n.call("GET", "/metrics", nil); !strings.Contains(string(raw), `limit="`+limit+`"`) {
			t.Errorf("no metric of the limit %s", limit)
		}
	}
	t.Run("node", func(t *testing.T) { refusedBy(t, "connections", func(l *hub.Limits) { l.Connections = 1 }) })
	t.Run("address", func(t *testing.T) {
		refusedBy(t, "address_connections", func(l *hub.Limits) { l.ConnectionsPerAddress = 1 })
	})
	t.Run("user", func(t *testing.T) {
		n := newNode(t, func(c *hub.Config) { c.Limits.ConnectionsPerUser = 1 })
		n.hello("ann")
		s := n.dial(nil)
		s.wantFault(wire.TooMany, "", wire.Request{Op: "hello", Name: "ann"})
		s.wantClosed(wire.CloseTooManyConns)
		n.hello("bob")
	})
}

func TestSessionLimits(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) { c.Limits.Subscriptions = 2; c.Limits.Rows = 100; c.Limits.Messages = 10 })
	n.token = "admin"
	n.board("b", wire.Rules{})
	s := n.hello("")
	var subs [2]wire.SubscribeOK
	for i := range subs {
		s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", N: i + 1}, &subs[i])
	}
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", N: 2}, nil) // the same view is no new one
	s.wantFault(wire.TooMany, "", wire.Request{Op: "subscribe", View: "top", Board: "b", N: 3})
	s.ok(wire.Request{Op: "unsubscribe", Sub: subs[0].Sub}, nil)
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", N: 3}, nil)
	s.ok(wire.Request{Op: "unsubscribe", Sub: subs[1].Sub}, nil)
	s.wantFault(wire.TooMany, "n", wire.Request{Op: "subscribe", View: "top", Board: "b", N: 98})
	s.ok(wire.Request{Op: "subscribe", View: "top", Board: "b", N: 97}, nil)

	n.token = "player"
	flood := n.hello("")
	limited := false
	for range 40 {
		if a := flood.answer(wire.Request{Op: "ping"}); a.Error != nil && a.Error.Code == wire.RateLimited {
			limited = true
		}
	}
	if !limited {
		t.Error("40 messages at once were all taken")
	}
}

// Each name of a room is remembered for a day, so a player makes few.
func TestJoiningCountsAsAPlayersRequest(t *testing.T) {
	n := newNode(t, func(c *hub.Config) {
		c.Auth = tokens{"player": {User: "ann", Roles: []hub.Role{hub.Player}}, "admin": roleTokens["admin"]}
		c.Limits.PlayerRequests = 3
	})
	n.token = "player"
	s := n.hello("")
	for i := range 3 {
		room := fmt.Sprint("r", i)
		s.ok(wire.Request{Op: "join", Room: room}, nil)
		s.ok(wire.Request{Op: "join", Room: room, Away: true}, nil) // is there already
		s.ok(wire.Request{Op: "leave", Room: room}, nil)
	}
	s.wantFault(wire.RateLimited, "", wire.Request{Op: "join", Room: "r3"})
	n.token = "admin"
	admin := n.hello("")
	for i := range 5 {
		admin.ok(wire.Request{Op: "join", Room: fmt.Sprint("a", i)}, nil)
	}
}

func TestParticipantsAreForTheAdminAlone(t *testing.T) {
	n := newNode(t, withKeys, func(c *hub.Config) {
		c.Contest.Participants = []wire.Participant{{RollNumber: "CS-01", StudentName: "Ann", Department: "CSE"}}
	})
	for role := range roleTokens {
		if role == "expired" {
			continue
		}
		n.token = role
		_, raw := n.call("GET", "/v1/contest", nil)
		if told := strings.Contains(string(raw), "CS-01"); told != (role == "admin") {
			t.Errorf("%s is told the participants: %t", role, told)
		}
	}
}
