package redisroster

import (
	"strings"
	"testing"

	"rollcall/presence/rostertest"
	"rollcall/redisconn/redistest"
)

// TestSuiteCatchesMutants checks the suite: scripts with the classical faults
// must fail its random histories.
func TestSuiteCatchesMutants(t *testing.T) {
	clients := newClients(t, redistest.Start(t))
	for _, m := range []struct{ name, script, old, instead string }{
		{"refresh adds who is missing", "refresh", "'XX'", "'CH'"},
		{"leave ignores other nodes", "leave", "#others > 0", "false"},
		{"sweep ignores other nodes", "sweep", "#others > 0", "false"},
		{"sweep without a guard", "sweep", "settle = now + threshold", "settle = 0"},
		{"sweep takes the living", "sweep", "int(now - threshold)", "int(now - threshold / 2)"},
		{"join again is no beat", "join", "{'ZADD', on}", "{'ZADD', on, 'NX'}"},
		{"versions without a break", "join", "local prev = room.version", "local prev = now"},
		{"count of holders", "leave", "room.count + by", "room.count + by + by"},
	} {
		t.Run(m.name, func(t *testing.T) {
			mutant := newScripts(func(name, source string) string {
				if name != m.script {
					return source
				}
				if strings.Count(source, m.old) != 1 {
					t.Fatalf("%s has %q %d times, want once", name, m.old, strings.Count(source, m.old))
				}
				return strings.Replace(source, m.old, m.instead, 1)
			})
			said := rostertest.Broken(t, func(_ testing.TB, clock *rostertest.Clock) rostertest.Roster {
				return newSmallRoster(clients, Config{Now: clock.Now}, mutant)
			}, 30)
			if said == "" {
				t.Fatal("the suite finds nothing wrong with it")
			}
			t.Log(said)
		})
	}
}
