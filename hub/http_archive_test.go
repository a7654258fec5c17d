package hub_test

import (
	"net/http"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/wire"
)

// The changelog and the archive show all of a board, also what is frozen for
// the public; whoever makes a board must own it.
func TestWhoMayReadAndWriteArchives(t *testing.T) {
	n := newNode(t, withArchiveKeys)
	do := func(who, method, path, body string) int {
		n.token = who
		status, _ := n.call(method, path, body)
		return status
	}
	const archive = `{"format":"rollcall.archive.v1","head":{"epoch":"e","version":1,"chain":"c"},"rules":{},"total":1,"sources":[],"entries":[{"member":"ann","score":1,"tie":1}]}`
	if status := do("admin", "PUT", "/v1/boards/b/archive", archive); status != http.StatusCreated {
		t.Fatalf("admin: %d", status)
	}
	for who, want := range map[string]struct{ read, write int }{
		"admin":           {200, 201},
		"jury":            {200, 403},
		"jury of another": {403, 403},
		"player":          {403, 403},
		"viewer":          {403, 403},
		"pusher":          {403, 201},
		"pusher of all":   {403, 403}, // names no board
		"pusher of other": {403, 403},
		"forged":          {401, 401},
		"":                {403, 403},
	} {
		for _, path := range []string{"archive", "archive?from=replica", "archive?from=sample", "changes"} {
			if got := do(who, "GET", "/v1/boards/b/"+path, ""); got != want.read {
				t.Errorf("%q reads %s: %d, want %d", who, path, got, want.read)
			}
			if got := do(who, "HEAD", "/v1/boards/b/"+path, ""); got != want.read {
				t.Errorf("%q asks for %s: %d, want %d", who, path, got, want.read)
			}
		}
		if got := do(who, "PUT", "/v1/boards/new/archive", archive); got != want.write {
			t.Errorf("%q writes: %d, want %d", who, got, want.write)
		}
		if want.write == 201 {
			do("admin", "DELETE", "/v1/boards/new", "")
		}
	}
	for path, method := range map[string]string{"archive": "POST", "changes": "PUT"} {
		if got := do("admin", method, "/v1/boards/b/"+path, "{}"); got != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d", method, path, got)
		}
	}
}

func withArchiveKeys(c *hub.Config) {
	c.Auth = tokens{
		"admin": {Roles: []hub.Role{hub.Admin}}, "jury": {Roles: []hub.Role{hub.Jury}}, "player": {User: "ann", Roles: []hub.Role{hub.Player}},
		"viewer": {Roles: []hub.Role{hub.Viewer}}, "pusher": {Roles: []hub.Role{hub.Pusher}, Boards: []string{"b", "new"}},
		"pusher of all": {Roles: []hub.Role{hub.Pusher}}, "pusher of other": {Roles: []hub.Role{hub.Pusher}, Boards: []string{"other"}},
		"jury of another": {Roles: []hub.Role{hub.Jury}, Boards: []string{"other"}},
	}
}

// A hub without keys gives archives to this machine alone.
func TestKeylessArchivesAreForThisMachine(t *testing.T) {
	n := newNode(t)
	n.board("b", wire.Rules{})
	for _, path := range []string{"archive", "changes"} {
		n.want(http.StatusOK, "GET", "/v1/boards/b/"+path, nil, nil)
		n.wantFault(wire.AuthRequired, "", "GET", "/v1/boards/b/"+path, nil, "X-Forwarded-For", "192.0.2.1")
		n.wantFault(wire.AuthRequired, "Origin", "GET", "/v1/boards/b/"+path, nil, "Origin", "https://elsewhere.example")
	}
}

// What is no archive makes no board, and says which of its fields is wrong.
func TestHostileArchivesAreRefused(t *testing.T) {
	n := newNode(t)
	const head = `{"format":"rollcall.archive.v1","head":{"epoch":"e","version":5,"chain":"c"},"rules":{},"sources":[],`
	one := func(entry string) string { return head + `"total":1,"entries":[` + entry + `]}` }
	for name, body := range map[string]string{
		"score of infinity":    one(`{"member":"a","score":1e400,"tie":1}`),
		"score beyond 2^53":    one(`{"member":"a","score":9007199254740994,"tie":1}`),
		"NaN":                  one(`{"member":"a","score":NaN,"tie":1}`),
		"no score but text":    one(`{"member":"a","score":"NaN","tie":1}`),
		"a tie of the future":  one(`{"member":"a","score":1,"tie":6}`),
		"half a tie":           one(`{"member":"a","score":1,"tie":1.5}`),
		"a tie beyond 2^63":    one(`{"member":"a","score":1,"tie":9223372036854775808}`),
		"deep cells":           one(`{"member":"a","score":1,"tie":1,"cells":{"c":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}}`),
		"a cell of 600 bytes":  one(`{"member":"a","score":1,"tie":1,"cells":{"c":"` + strings.Repeat("x", 600) + `"}}`),
		"a null cell":          one(`{"member":"a","score":1,"tie":1,"cells":{"c":null}}`),
		"a control character":  one(`{"member":"a","name":"\u0000","score":1,"tie":1}`),
		"no member":            one(`{"score":1,"tie":1}`),
		"one member twice":     head + `"total":2,"entries":[{"member":"a","score":1,"tie":1},{"member":"a","score":2,"tie":2}]}`,
		"too few entries":      head + `"total":2,"entries":[{"member":"a","score":1,"tie":1}]}`,
		"too many entries":     head + `"total":0,"entries":[{"member":"a","score":1,"tie":1}]}`,
		"a total below none":   head + `"total":-1,"entries":[]}`,
		"a huge total":         head + `"total":9223372036854775807,"entries":[]}`,
		"two heads":            head + `"head":{"version":9},"total":0,"entries":[]}`,
		"no head":              `{"format":"rollcall.archive.v1","rules":{},"total":0,"entries":[]}`,
		"no format":            `{"head":{},"rules":{},"total":0,"entries":[]}`,
		"rubbish behind":       one(`{"member":"a","score":1,"tie":1}`) + `{}`,
		"a bad one behind":     head + `"total":1,"entries":[{"member":"a","score":1,"tie":1},{"member":"..","score":1,"tie":1}]}`,
		"cut after the last":   head + `"total":1,"entries":[{"member":"a","score":1,"tie":1}`,
		"rubbish behind none":  head + `"total":0,"entries":[]}}`,
		"entries twice":        head + `"total":0,"entries":[],"entries":[]}`,
		"a version of 2^53":    strings.Replace(one(`{"member":"a","score":1,"tie":1}`), `"version":5`, `"version":9007199254740992`, 1),
		"a source twice":       strings.Replace(one(`{"member":"a","score":1,"tie":1}`), `"sources":[`, `"sources":[{"source":"s"},{"source":"s"}`, 1),
		"a refusal of the end": strings.Replace(one(`{"member":"a","score":1,"tie":1}`), `"sources":[`, `"sources":[{"source":"s","seq":1,"refused":[{"seq":2,"code":"gap"}]}`, 1),
		"nothing":              ``,
		"a list":               `[]`,
	} {
		status, raw := n.call("PUT", "/v1/boards/b/archive", body)
		if status < 400 || status >= 500 {
			t.Errorf("%s: %d %.300s", name, status, raw)
		}
		if strings.Contains(string(raw), `"exists"`) {
			t.Errorf("%s: there is a board", name)
		}
		if strings.Contains(string(raw), `"bad_json"`) && !strings.Contains(string(raw), `"field"`) && !strings.Contains("rubbish behind none a list nothing", name) {
			t.Errorf("%s: it names no field: %s", name, raw)
		}
	}
	var all wire.Boards
	n.want(http.StatusOK, "GET", "/v1/boards", nil, &all)
	if len(all.Boards) != 0 {
		t.Errorf("there are boards: %+v", all.Boards)
	}
}
