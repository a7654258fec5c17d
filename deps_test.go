// Package rollcall_test keeps the map of docs/architecture.md: which package
// may reach which.
package rollcall_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	// go list runs outside the view of Go's test cache. These imports make a
	// change of any package a change of this test.
	_ "rollcall/client"
	_ "rollcall/contest"
	_ "rollcall/contest/clics"
	_ "rollcall/e2e"
	_ "rollcall/e2e/cluster"
	_ "rollcall/e2e/faults"
	_ "rollcall/e2e/harness"
	_ "rollcall/hub"
	_ "rollcall/hub/fanout"
	_ "rollcall/hub/jwtauth"
	_ "rollcall/hub/membus"
	_ "rollcall/hub/natsbus"
	_ "rollcall/hub/natsbus/natstest"
	_ "rollcall/hub/pebblejournal"
	_ "rollcall/hub/redisrate"
	_ "rollcall/internal/testport"
	_ "rollcall/leaderboard"
	_ "rollcall/leaderboard/boardfile"
	_ "rollcall/leaderboard/boardtest"
	_ "rollcall/leaderboard/pebbleboard"
	_ "rollcall/leaderboard/redisboard"
	_ "rollcall/presence"
	_ "rollcall/presence/memroster"
	_ "rollcall/presence/redisroster"
	_ "rollcall/presence/rostertest"
	_ "rollcall/redisconn"
	_ "rollcall/redisconn/redistest"
	_ "rollcall/static"
	_ "rollcall/wire"
)

// only says all that a package may reach beside the standard library and
// itself. An entry covers the packages below it.
var only = map[string][]string{
	"rollcall/wire":        nil,
	"rollcall/leaderboard": nil,
	"rollcall/presence":    nil,
	"rollcall/hub/fanout":  {"github.com/gorilla/websocket", "golang.org/x/sys"},
	"rollcall/client":      {"rollcall/wire", "github.com/gorilla/websocket", "github.com/google/uuid"},
}

// never says what a package must not reach, however far.
var never = map[string][]string{
	"rollcall/hub": {
		"github.com/cockroachdb/pebble", "github.com/redis", "github.com/nats-io",
		"rollcall/leaderboard/pebbleboard", "rollcall/presence/memroster",
		"rollcall/hub/natsbus", "rollcall/hub/membus", "rollcall/hub/jwtauth", "rollcall/hub/pebblejournal",
		"rollcall/contest", "rollcall/client", "rollcall/cmd",
	},
	"rollcall/hub/jwtauth":             {"github.com/cockroachdb/pebble", "github.com/redis", "github.com/nats-io"},
	"rollcall/hub/pebblejournal":       {"github.com/redis", "github.com/nats-io", "rollcall/client"},
	"rollcall/hub/natsbus":             {"github.com/cockroachdb/pebble", "github.com/redis"},
	"rollcall/leaderboard/pebbleboard": {"rollcall/hub", "rollcall/client", "rollcall/wire", "github.com/nats-io"},
	"rollcall/leaderboard/redisboard":  {"rollcall/hub", "rollcall/client", "rollcall/presence", "github.com/nats-io", "github.com/cockroachdb/pebble"},
	"rollcall/presence/redisroster":    {"rollcall/client", "rollcall/leaderboard/pebbleboard", "github.com/nats-io", "github.com/cockroachdb/pebble"},
	"rollcall/hub/redisrate":           {"rollcall/hub", "rollcall/client", "rollcall/leaderboard", "rollcall/presence", "github.com/nats-io"},
	"rollcall/presence/memroster":      {"rollcall/hub", "rollcall/client", "rollcall/wire", "rollcall/leaderboard"},
	"rollcall/redisconn":               {"rollcall/hub", "rollcall/client", "rollcall/wire", "rollcall/leaderboard", "rollcall/presence", "github.com/nats-io"},
	"rollcall/contest":                 {"rollcall/hub", "rollcall/client", "rollcall/leaderboard", "rollcall/presence"},
	"rollcall/contest/clics":           {"rollcall/hub", "rollcall/client", "rollcall/leaderboard", "rollcall/presence"},
	"rollcall/static":                  {"rollcall/hub", "rollcall/client", "rollcall/leaderboard", "rollcall/presence"},
}

func TestImportsReachOnlyWhatTheyMay(t *testing.T) {
	for pkg, allowed := range only {
		for _, dep := range reached(t, pkg) {
			if !under(dep, allowed) {
				t.Errorf("%s reaches %s", pkg, dep)
			}
		}
	}
}

func TestImportsNeverReachADriver(t *testing.T) {
	for pkg, forbidden := range never {
		for _, dep := range reached(t, pkg) {
			if under(dep, forbidden) {
				t.Errorf("%s reaches %s", pkg, dep)
			}
		}
	}
}

// TestImportsHereAreEveryPackage fails when a package is new and not imported
// above.
func TestImportsHereAreEveryPackage(t *testing.T) {
	here := golist(t, "-test", "-deps", ".")
	for _, pkg := range golist(t, "./...") {
		if pkg != "rollcall" && !strings.HasPrefix(pkg, "rollcall/cmd/") && !slices.Contains(here, pkg) {
			t.Errorf("%s is not imported in deps_test.go", pkg)
		}
	}
}

// reached returns the packages a package depends on, but itself and the
// standard library.
func reached(t *testing.T, pkg string) []string {
	t.Helper()
	deps := golist(t, "-deps", pkg)
	if len(deps) == 0 {
		t.Fatalf("go list knows nothing of %s", pkg)
	}
	return slices.DeleteFunc(deps, func(dep string) bool { return dep == pkg })
}

func golist(t *testing.T, args ...string) []string {
	t.Helper()
	args = append([]string{"list", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}"}, args...)
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(out))
}

func under(pkg string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return pkg == root || strings.HasPrefix(pkg, root+"/")
	})
}
