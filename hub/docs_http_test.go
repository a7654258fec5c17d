package hub_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/leaderboard"
	"rollcall/wire"
)

// exchange is one request over HTTP and the status it must have.
type exchange struct {
	method, path string // path as documented
	status       int
	body         any
	query        string
	header       []string
}

// Every documented path and method is driven, and every success and the
// documented failures answer as documented.
func TestHTTPAnswersAsDocumented(t *testing.T) {
	d := loadDocuments(t)
	n := newNode(t, func(c *hub.Config) {
		c.Contest = wire.Contest{
			ID: "c", Title: "Contest", Room: "r", Board: "b", Start: 1, End: 2,
			Problems:     []wire.Problem{{ID: "A", Label: "A", Name: "Add", Color: "#ff0000", Statement: "Add.", URL: "https://example.com", Points: 100}},
			Participants: []wire.Participant{{RollNumber: "1", StudentName: "Ann", Department: "CSE"}},
		}
	})
	ann := n.hello("ann")
	ann.ok(wire.Request{Op: wire.OpJoin, Room: "r"}, nil)
	events := "/v1/boards/{board}/events"
	rules := wire.Rules{Title: "B", Order: "desc", Tie: "given", Scheme: "dense", Columns: []wire.Column{{ID: "A", Label: "A", Name: "Add", Color: "#ff0000"}}}
	claimed := `{"member":"m1","op":"set","score":1,"tie":1,"source":"s","seq":1,"generation":1}`
	full := `{"member":"m1","op":"set","score":10,"tie":1,"name":"M","group":"G","cells":{"A":{"time":3},"B":[1],"C":"x"},"source":"s","seq":%d}`
	archive := "/v1/boards/{board}/archive"
	archived := `{"format":"rollcall.archive.v1","board":"b","head":{"epoch":"e","version":3,"chain":"c"},"rules":{"order":"desc","tie":"given","scheme":"dense"},
		"total":1,"sources":[{"source":"s","seq":2,"generation":1,"refused":[{"seq":1,"code":"bad_op","field":"op","message":"m"}]}],
		"entries":[{"member":"m1","score":1,"tie":2,"name":"M","group":"G","cells":{"A":1}}]}`
	steps := []exchange{
		{"GET", "/healthz", 200, nil, "", nil},
		{"GET", "/readyz", 200, nil, "", nil},
		{"GET", "/metrics", 200, nil, "", nil},
		{"GET", "/v1/me", 200, nil, "", nil},
		{"GET", "/v1/me", 200, nil, "?user=ann", nil},
		{"GET", "/v1/me", 400, nil, "?user=..", nil},
		{"GET", "/v1/contest", 200, nil, "", nil},
		{"GET", "/v1/nodes", 200, nil, "", nil},
		{"GET", "/v1/boards", 200, nil, "", nil},
		{"PUT", "/v1/boards/{board}", 201, rules, "", nil},
		{"PUT", "/v1/boards/{board}", 200, rules, "", nil},
		{"PUT", "/v1/boards/{board}", 400, `{"tie":"?"}`, "", nil},
		{"PUT", "/v1/boards/{board}", 415, rules, "", []string{"Content-Type", "text/plain"}},
		{"POST", events, 200, fmt.Sprintf(full, 1), "", nil},
		{"POST", events, 200, "[" + fmt.Sprintf(full, 1) + "," + fmt.Sprintf(full, 3) + `,{"member":"m2","op":"best","score":3,"tie":2,"id":"x"}]`, "", nil},
		{"POST", events, 200, `[{"member":"m2","op":"best","score":1,"tie":9},{"member":"m2","op":"patch","name":"Two"},{"member":"m3","op":"incr","score":2,"tie":0},{"member":"m3","op":"remove"},{"member":"m3","op":"remove"}]`, "", nil},
		{"POST", events, 200, fmt.Sprintf(full, 1) + "\nnot json\n{\"member\":\"m4\",\"op\":\"set\",\"score\":1,\"tie\":0}\n", "", []string{"Content-Type", "application/x-ndjson"}},
		{"POST", events, 400, `{"member"`, "", nil},
		{"POST", "/v1/boards/{board}/sources/{source}/claim", 200, nil, "", nil},
		{"POST", events, 200, claimed, "", nil},
		{"GET", "/v1/boards/{board}/sources/{source}", 200, nil, "", nil},
		{"GET", "/v1/boards", 200, nil, "", nil},
		{"GET", "/v1/boards/{board}", 200, nil, "", nil},
		{"GET", "/v1/boards/{board}", 200, nil, "?offset=1&limit=1&scheme=ordinal&audience=live&min_version=1&wait_ms=100", nil},
		{"GET", "/v1/boards/{board}", 400, nil, "?limit=0", nil},
		{"GET", "/v1/boards/{board}", 503, nil, "?min_version=1000000&wait_ms=0", nil},
		{"GET", "/v1/boards/{board}/members/{member}", 200, nil, "?around=1", nil},
		{"GET", "/v1/boards/{board}/stream", 400, nil, "?n=0", nil},
		{"GET", "/v1/rooms", 200, nil, "", nil},
		{"GET", "/v1/rooms/{room}/presence", 200, nil, "?limit=1", nil},
		{"GET", "/v1/rooms/{room}/count", 200, nil, "", nil},
		{"GET", "/v1/users/{user}", 200, nil, "", nil},
		{"PUT", "/v1/boards/{board}", 409, `{"tie":"none"}`, "", nil},
		{"GET", archive, 200, nil, "", nil},
		{"GET", archive, 200, nil, "?from=replica", nil},
		{"GET", archive, 400, nil, "?from=?", nil},
		{"PUT", archive, 409, archived, "", nil},
		{"GET", "/v1/boards/{board}/changes", 400, nil, "?version=?", nil},
		{"GET", "/v1/boards/{board}/changes", 200, nil, "", nil},
		{"DELETE", "/v1/boards/{board}", 204, nil, "", nil},
		{"GET", "/v1/boards/{board}", 404, nil, "", nil},
		{"PUT", archive, 400, `{"format":"?"}`, "", nil},
		{"PUT", archive, 201, archived, "", nil},
	}
	driven := map[string]bool{}
	for _, x := range steps {
		d.exchange(n, x)
		driven[x.method+" "+x.path+" "+fmt.Sprint(x.status)] = true
	}
	var a struct{ Head leaderboard.Head }
	n.want(http.StatusOK, "GET", "/v1/boards/b/archive", nil, &a)
	n.push("b", `{"member":"m1","op":"incr","score":1,"tie":0}`)
	changes := exchange{"GET", "/v1/boards/{board}/changes", 200, nil, fmt.Sprintf("?epoch=%s&version=%d&chain=%s", a.Head.Epoch, a.Head.Version, a.Head.Chain), nil}
	d.exchange(n, changes)
	driven["GET "+changes.path+" 200"] = true
	driven["GET /v1/boards/{board}/stream 200"] = true // TestStreamAnswersAsDocumented
	driven["GET /readyz 503"] = true                   // TestUnreadyAnswersAsDocumented
	d.wantDriven(driven)
}

// exchange makes the request and checks request and answer.
func (d *documents) exchange(n *testNode, x exchange) {
	d.Helper()
	what := fmt.Sprintf("%s %s%s (%d)", x.method, x.path, x.query, x.status)
	place := []string{"paths", x.path, strings.ToLower(x.method)}
	if at(d.openapi, place...) == nil {
		d.Fatalf("%s is not documented", what)
	}
	status, header, body := n.fetch(x)
	if status != x.status {
		d.Fatalf("%s: %d %s", what, status, body)
	}
	if x.status < 300 && x.body != nil {
		d.wantBody(what+" request", x, append(place, "requestBody"))
	}
	key := fmt.Sprint(x.status)
	if at(d.openapi, append(slices.Clone(place), "responses", key)...) == nil {
		if key = "default"; x.status < 400 {
			d.Fatalf("%s: the status is not documented", what)
		}
	}
	place = append(place, "responses", key)
	if ref, ok := at(d.openapi, append(slices.Clone(place), "$ref")...).(string); ok {
		place = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	content := at(d.openapi, append(slices.Clone(place), "content")...)
	switch {
	case content == nil && len(body) == 0:
	case at(content, kind) == nil:
		d.Errorf("%s: content type %q is not documented", what, kind)
	case kind == "application/json":
		d.wantOpenAPI(what, body, append(place, "content", kind, "schema")...)
	case kind == "application/x-ndjson" && x.method == "POST":
		for line := range bytes.Lines(body) {
			d.wantOpenAPI(what, line, "components", "schemas", "Result")
		}
	}
}

func (d *documents) wantBody(what string, x exchange, place []string) {
	d.Helper()
	if len(x.header) > 0 {
		return // another type than JSON
	}
	text, ok := x.body.(string)
	if !ok {
		raw, err := json.Marshal(x.body)
		if err != nil {
			d.Fatal(err)
		}
		text = string(raw)
	}
	d.wantOpenAPI(what, []byte(text), append(place, "content", "application/json", "schema")...)
}

// wantDriven checks that every operation was driven, and each of its successes.
func (d *documents) wantDriven(driven map[string]bool) {
	d.Helper()
	for path, item := range at(d.openapi, "paths").(map[string]any) {
		for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
			responses, _ := at(item, strings.ToLower(method), "responses").(map[string]any)
			for status := range responses {
				if key := method + " " + path + " " + status; status != "default" && !driven[key] {
					d.Errorf("%s is documented and not driven", key)
				}
			}
		}
	}
}

// fetch makes a request and returns the whole of its answer.
func (n *testNode) fetch(x exchange) (int, http.Header, []byte) {
	n.Helper()
	client := n.server.Client()
	next := client.Transport
	defer func() { client.Transport = next }()
	var header http.Header
	client.Transport = transport(func(r *http.Request) (*http.Response, error) {
		res, err := next.RoundTrip(r)
		if err == nil {
			header = res.Header
		}
		return res, err
	})
	status, body := n.call(x.method, fillPath(x.path)+x.query, x.body, x.header...)
	return status, header, body
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func TestUnreadyAnswersAsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	n.hub.Close()
	d.exchange(n, exchange{"GET", "/readyz", 503, nil, "", nil})
}

// The stream's data are the frames of a WebSocket.
func TestStreamAnswersAsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	n.board("b", wire.Rules{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", n.server.URL+"/v1/boards/b/stream?n=3", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := n.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	kind := res.Header.Get("Content-Type")
	if at(d.openapi, "paths", "/v1/boards/{board}/stream", "get", "responses", "200", "content", kind) == nil {
		t.Errorf("content type %q is not documented", kind)
	}
	lines := bufio.NewScanner(res.Body)
	for _, want := range []string{"snapshot", "delta"} {
		event := map[string]string{}
		for lines.Scan() && (lines.Text() != "" || event["data"] == "") {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			event[key] = value
		}
		d.wantAsyncAPI("data of the stream", []byte(event["data"]), "Push")
		var p wire.Push
		if err := json.Unmarshal([]byte(event["data"]), &p); err != nil || p.At != event["id"] || event["event"] != want {
			t.Errorf("%v, want a %s whose id is its at (%v)", event, want, err)
		}
		n.push("b", wire.Event{Member: "m", Op: wire.OpRemove}) // a no-op: no frame
		n.push("b", json.RawMessage(`{"member":"m","op":"incr","score":1}`))
	}
}
