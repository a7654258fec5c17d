package hub_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/wire"
)

func wantStatuses(t testing.TB, results []wire.Result, want ...string) {
	t.Helper()
	if len(results) != len(want) {
		t.Fatalf("%d results, want %d: %+v", len(results), len(want), results)
	}
	for i, r := range results {
		got := r.Status
		if r.Error != nil {
			got = string(r.Error.Code) + " " + r.Error.Field
		}
		if got != want[i] {
			t.Errorf("result %d: %s, want %s", i, got, want[i])
		}
	}
}

// badEvents are single events that must be refused, with code and field.
var badEvents = []struct{ name, event, code, field string }{
	{"unknown op", `{"member":"m","op":"double","score":1,"source":"s","seq":1}`, "bad_op", "op"},
	{"no op", `{"member":"m","score":1,"source":"s","seq":1}`, "bad_op", "op"},
	{"score is a string", `{"member":"m","op":"set","score":"ten","source":"s","seq":1}`, "bad_type", "score"},
	{"score is NaN as text", `{"member":"m","op":"set","score":"NaN","source":"s","seq":1}`, "bad_type", "score"},
	{"score beyond 2^53", `{"member":"m","op":"set","score":9007199254740994,"source":"s","seq":1}`, "out_of_range", "score"},
	{"score beyond a float", `{"member":"m","op":"set","score":1e400,"source":"s","seq":1}`, "out_of_range", "score"},
	{"no score", `{"member":"m","op":"incr","source":"s","seq":1}`, "bad_request", "score"},
	{"score with patch", `{"member":"m","op":"patch","score":1,"source":"s","seq":1}`, "bad_request", "score"},
	{"empty member", `{"member":"","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"long member", `{"member":"` + strings.Repeat("m", 129) + `","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"control in member", `{"member":"a\u0000b","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"bidi in member", `{"member":"a\u202eb","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"broken surrogate in member", `{"member":"a\ud800","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"dots as member", `{"member":"..","op":"set","score":1,"source":"s","seq":1}`, "bad_name", "member"},
	{"long name", `{"member":"m","op":"set","score":1,"name":"` + strings.Repeat("n", 257) + `","source":"s","seq":1}`, "too_long", "name"},
	{"big cell", `{"member":"m","op":"set","score":1,"cells":{"A":"` + strings.Repeat("c", 511) + `"},"source":"s","seq":1}`, "bad_cells", "cells.A"},
	{"cells are a list", `{"member":"m","op":"set","score":1,"cells":[],"source":"s","seq":1}`, "bad_type", "cells"},
	{"tie under reached", `{"member":"m","op":"set","score":1,"tie":4,"source":"s","seq":1}`, "bad_tie", "tie"},
	{"fractional tie", `{"member":"m","op":"set","score":1,"tie":1.5,"source":"s","seq":1}`, "bad_type", "tie"},
	{"id and seq", `{"member":"m","op":"set","score":1,"id":"x","source":"s","seq":1}`, "bad_identity", "id"},
	{"seq without source", `{"member":"m","op":"set","score":1,"seq":1}`, "bad_identity", "source"},
	{"source without seq", `{"member":"m","op":"set","score":1,"source":"s"}`, "bad_identity", "seq"},
	{"bad source", `{"member":"m","op":"set","score":1,"source":"a b","seq":1}`, "bad_name", "source"},
	{"negative seq", `{"member":"m","op":"set","score":1,"source":"s","seq":-1}`, "bad_type", "seq"},
	{"seq too far", `{"member":"m","op":"set","score":1,"source":"s","seq":5}`, "gap", "seq"},
	{"stale epoch", `{"member":"m","op":"set","score":1,"source":"s","seq":1,"epoch":"old"}`, "stale_epoch", "epoch"},
	{"fenced", `{"member":"m","op":"set","score":1,"source":"s","seq":1,"generation":9}`, "fenced", "generation"},
	{"long id", `{"member":"m","op":"set","score":1,"id":"` + strings.Repeat("i", 65) + `"}`, "bad_identity", "id"},
	{"not an object", `42`, "bad_type", ""},
	{"bad audience", `{"member":"m","op":"set","score":1,"audience":"live","source":"s","seq":1}`, "bad_request", "audience"},
}

func TestBadEventIsRefusedByFieldAndTheRestApplied(t *testing.T) {
	for i, c := range badEvents {
		t.Run(c.name, func(t *testing.T) {
			n := newNode(t)
			n.board("b", wire.Rules{})
			batch := fmt.Sprintf(`[{"member":"before","op":"set","score":1,"id":"b%d"},%s,{"member":"after","op":"set","score":2,"id":"a%d"}]`, i, c.event, i)
			results := n.push("b", batch)
			wantStatuses(t, results, "applied", c.code+" "+c.field, "applied")
			if results[1].Error.Message == "" {
				t.Error("no message")
			}
			if p := n.page("b", ""); len(p.Entries) != 2 {
				t.Errorf("entries %+v, want before and after", p.Entries)
			}
		})
	}
}

func TestBadEventOverWebSocketLeavesTheSessionAlive(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	s := n.hello("")
	for _, c := range badEvents {
		s.send(fmt.Sprintf(`{"id":7,"op":"score","board":"b","events":[%s]}`, c.event))
		a := s.awaitAnswer()
		var res wire.Results
		if err := json.Unmarshal(a.OK, &res); err != nil {
			t.Fatalf("%s: %+v", c.name, a)
		}
		// Refusals consume seqs as they come, so only the identity-free parts of
		// a later case can differ: a used seq answers duplicate or gap.
		if r := res.Results[0]; r.Status == wire.Applied {
			t.Errorf("%s: applied", c.name)
		}
	}
	s.ok(wire.Request{Op: "ping"}, nil)
}

func TestRefusalConsumesItsSeq(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	bad := `{"member":"m","op":"set","score":"ten","source":"s","seq":1}`
	wantStatuses(t, n.push("b", bad), "bad_type score")
	wantStatuses(t, n.push("b", bad), "bad_type score")
	wantStatuses(t, n.push("b", event("s", 2, "m", 1)), "applied")
	wantStatuses(t, n.push("b", event("s", 2, "m", 1)), "duplicate")
}

func TestBodyThatDoesNotParseAppliesNothing(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for name, body := range map[string]string{
		"empty": "", "cut": `[{"member":"m","op":"set","score":1},{"mem`, "no JSON": `score=1`, "a string": `"x"`,
		"NaN": `{"member":"m","op":"set","score":NaN}`, "two values": `{"member":"m","op":"set","score":1} {}`,
		"not UTF-8": "{\"member\":\"\xff\",\"op\":\"set\",\"score\":1}",
	} {
		t.Run(name, func(t *testing.T) {
			n.wantFault(wire.BadJSON, "", "POST", "/v1/boards/b/events", body)
		})
	}
	if p := n.page("b", ""); p.Version != 0 {
		t.Errorf("version %d after bodies that do not parse", p.Version)
	}
}

func TestEventForUnknownBoardIsRefused(t *testing.T) {
	n := newNode(t)
	wantStatuses(t, n.push("nobody", event("s", 1, "m", 1)), "unknown_board board")
	n.wantFault(wire.BadName, "board", "POST", "/v1/boards/a%20b/events", event("s", 1, "m", 1))
}

func TestLargeBodyIsRefusedWhole(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	n.wantFault(wire.TooLarge, "", "POST", "/v1/boards/b/events", "["+strings.Repeat(" ", wire.MaxBody)+"]")
}

func TestMadeIDIsReturned(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	r := n.push("b", map[string]any{"member": "m", "op": "incr", "score": 2})
	wantStatuses(t, r, "applied")
	again := n.push("b", map[string]any{"member": "m", "op": "incr", "score": 2, "id": r[0].ID})
	wantStatuses(t, again, "duplicate")
	wantStatuses(t, n.push("b", map[string]any{"member": "m", "op": "incr", "score": 3, "id": r[0].ID}), "id_conflict id")
	if p := n.page("b", ""); p.Entries[0].Score != 2 {
		t.Errorf("score %v, want 2", p.Entries[0].Score)
	}
}

func TestLinesAreAnsweredByLine(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	long := `{"member":"` + strings.Repeat("x", wire.MaxLine) + `"}`
	body := strings.Join([]string{
		`{"member":"ann","op":"set","score":1,"source":"s","seq":1}`,
		``,
		`{"member":"bob","op":`,
		long,
		`{"member":"cyd","op":"set","score":3,"source":"s","seq":2}`,
	}, "\n")
	status, raw := n.call("POST", "/v1/boards/b/events", body, "Content-Type", "application/x-ndjson")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	var results []wire.Result
	var lines []int
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	for {
		var r wire.Result
		if err := dec.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		results, lines = append(results, r), append(lines, r.Line)
	}
	wantStatuses(t, results, "applied", "bad_json ", "too_large ", "applied")
	if fmt.Sprint(lines) != "[1 3 4 5]" {
		t.Errorf("lines %v", lines)
	}
}

func TestCutLinesLeaveTheCompleteOnesApplied(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	nc, err := net.Dial("tcp", strings.TrimPrefix(n.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	line := `{"member":"ann","op":"set","score":1,"source":"s","seq":1}` + "\n"
	fmt.Fprintf(nc, "POST /v1/boards/b/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 9999\r\n\r\n%s{\"member\":\"bob\"", line)
	rd := bufio.NewReader(nc)
	for {
		s, err := rd.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(s, `"applied"`) {
			break
		}
	}
	if err := nc.Close(); err != nil {
		t.Fatal(err)
	}
	if p := n.page("b", ""); len(p.Entries) != 1 {
		t.Errorf("entries %+v, want ann alone", p.Entries)
	}
}

func TestFullQueueIsBusyForTheRestOfTheSource(t *testing.T) {
	n := newNode(t, func(c *hub.Config) { c.QueueDepth = 2; c.BatchMax = 3 })
	n.board("b", wire.Rules{})
	results := n.push("b", []any{event("s", 1, "m", 1), event("s", 2, "m", 2), event("s", 3, "m", 3), event("s", 4, "m", 4)})
	wantStatuses(t, results, "busy ", "busy ", "busy ", "busy ")
	for _, r := range results {
		if r.Error.RetryAfterMS == 0 {
			t.Errorf("%+v tells no time to retry", r.Error)
		}
	}
	wantStatuses(t, n.push("b", event("s", 1, "m", 1)), "applied")
	if _, raw := n.call("GET", "/metrics", nil); !strings.Contains(string(raw), `rollcall_refused_total{limit="queue_depth"}`) {
		t.Error("no metric of the refusal")
	}
}

func TestSourceIsClaimedAndItsTwinFenced(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	var first, second wire.SourceState
	n.want(200, "POST", "/v1/boards/b/sources/judge/claim", "", &first)
	claimed := event("judge", 1, "m", 1)
	claimed["generation"] = first.Generation
	wantStatuses(t, n.push("b", claimed), "applied")
	n.want(200, "POST", "/v1/boards/b/sources/judge/claim", "", &second)
	if second.Generation <= first.Generation || second.Seq != 1 || second.Epoch == "" {
		t.Errorf("second claim %+v after %+v", second, first)
	}
	twin := event("judge", 2, "m", 9)
	twin["generation"] = first.Generation
	wantStatuses(t, n.push("b", twin), "fenced generation")
	n.want(200, "GET", "/v1/boards/b/sources/judge", nil, &first)
	if first != second {
		t.Errorf("state %+v, want %+v", first, second)
	}
}
