package hub_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rollcall/wire"
)

func TestEveryRouteIsDocumented(t *testing.T) {
	documented := at(loadDocuments(t).openapi, "paths").(map[string]any)
	source, err := os.ReadFile("http.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(/[a-z0-9]+[a-z0-9/{}]*)"[:,]`).FindAllStringSubmatch(string(source), -1) {
		routes[m[1]] = true
	}
	delete(routes, "/ws")  // asyncapi.yaml
	delete(routes, "/v1/") // every other path: not_found
	if len(routes) < 15 {
		t.Fatalf("only %d routes found in http.go", len(routes))
	}
	for path := range routes {
		if documented[path] == nil {
			t.Errorf("%s is served and not documented", path)
		}
	}
	for path := range documented {
		if !routes[path] {
			t.Errorf("%s is documented and not served", path)
		}
	}
}

func TestEveryMethodIsDocumented(t *testing.T) {
	n := newNode(t)
	for path, item := range at(loadDocuments(t).openapi, "paths").(map[string]any) {
		if path == "/healthz" || path == "/readyz" {
			continue // these answer any method: who probes may use what it likes
		}
		var want []string
		for _, method := range []string{"DELETE", "GET", "POST", "PUT"} {
			if at(item, strings.ToLower(method)) != nil {
				want = append(want, method)
			}
		}
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", n.server.URL+fillPath(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := n.server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		got := strings.Split(res.Header.Get("Allow"), ", ")
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s takes %v, documented are %v", path, got, want)
		}
	}
}

// fillPath puts names in the place of a path's parameters.
func fillPath(path string) string {
	return strings.NewReplacer("{board}", "b", "{member}", "m1", "{source}", "s", "{room}", "r", "{user}", "ann").Replace(path)
}

func TestEveryCodeIsDocumented(t *testing.T) {
	got := texts(at(loadDocuments(t).openapi, "components", "schemas", "Error", "properties", "code", "enum"))
	var want []string
	for _, c := range wire.Codes() {
		want = append(want, string(c))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("documented are %v, there are %v", got, want)
	}
}

func TestEveryCloseCodeIsDocumented(t *testing.T) {
	var got []wire.CloseAdvice
	remarshal(t, at(loadDocuments(t).asyncapi, "x-close-codes"), &got)
	if want := wire.CloseTable(); !slices.Equal(got, want) {
		t.Errorf("documented are\n%+v, there are\n%+v", got, want)
	}
}

// The server names what it takes when it is asked for something else.
func TestEveryOperationAndViewIsDocumented(t *testing.T) {
	d, n := loadDocuments(t), newNode(t)
	n.board("b", wire.Rules{})
	s := n.hello("ann")
	request := func(field string) any {
		return at(d.asyncapi, "components", "schemas", "Request", "properties", field, "enum")
	}
	refused := n.push("b", wire.Event{Member: "m", Op: "?"})[0].Error
	for _, row := range []struct {
		what       string
		documented any
		message    string
	}{
		{"op", request("op"), s.answer(wire.Request{Op: "?"}).Error.Message},
		{"view", request("view"), s.answer(wire.Request{Op: wire.OpSubscribe, View: "?"}).Error.Message},
		{"mode", request("mode"), s.answer(wire.Request{Op: wire.OpSubscribe, View: wire.ViewPresence, Room: "r", Mode: "?"}).Error.Message},
		{"scheme", request("scheme"), s.answer(wire.Request{Op: wire.OpSubscribe, View: wire.ViewTop, Board: "b", Scheme: "?"}).Error.Message},
		{"audience", request("audience"), s.answer(wire.Request{Op: wire.OpSubscribe, View: wire.ViewTop, Board: "b", Audience: "?"}).Error.Message},
		{"ack", request("ack"), s.answer(wire.Request{Op: wire.OpScore, Board: "b", Ack: "?", Events: raw(t, incr("s", 1))}).Error.Message},
		{"ack over HTTP", at(d.openapi, "components", "schemas", "Ack", "enum"), n.fault("POST", "/v1/boards/b/events?ack=%3F", incr("s", 1)).Message},
		{"event op", at(d.openapi, "components", "schemas", "Event", "properties", "op", "enum"), refused.Message},
	} {
		got := texts(row.documented)
		want := regexp.MustCompile(`[a-z]+`).FindAllString(strings.TrimPrefix(row.message, "must be "), -1)
		want = slices.DeleteFunc(want, func(word string) bool { return word == "or" })
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("%s: documented are %v, the server says %q", row.what, got, row.message)
		}
	}
}
