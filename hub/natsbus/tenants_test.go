package natsbus

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/hub"
)

// newTestTenants has bare accounts, a clock that only the test moves, and
// connections that the test counts.
func newTestTenants(limit int) (ts *tenants, connections map[*server.Account]int, advance func(time.Duration)) {
	now := time.Unix(1_000_000, 0)
	connections = map[*server.Account]int{}
	ts = newTenants(limit, func(uint64) (*server.Account, error) { return server.NewAccount("a"), nil })
	ts.idle = func(a *server.Account) bool { return connections[a] == 0 }
	ts.now = func() time.Time { return now }
	return ts, connections, func(d time.Duration) { now = now.Add(d) }
}

func enter(t *testing.T, ts *tenants, who hub.Principal) *server.Account {
	t.Helper()
	var account *server.Account
	if err := ts.enter(who, func(a *server.Account) { account = a }); err != nil {
		t.Fatal(err)
	}
	return account
}

func TestOnePrincipalOneAccount(t *testing.T) {
	ts, _, _ := newTestTenants(10)
	alice := enter(t, ts, hub.Principal{User: "alice", Expires: time.Unix(1, 0)})
	if enter(t, ts, hub.Principal{User: "alice", Expires: time.Unix(2, 0)}) != alice {
		t.Error("a renewed token leads to another account")
	}
	if enter(t, ts, hub.Principal{User: "alice", Boards: []string{"b"}}) == alice {
		t.Error("other boards lead to the same account")
	}
	if enter(t, ts, hub.Principal{User: "bob"}) == alice {
		t.Error("two users share an account")
	}
	if got := ts.get(0).who; got.User != "alice" || !got.Expires.IsZero() {
		t.Errorf("tenant 0 is %+v", got)
	}
	if ts.get(3) != nil {
		t.Error("there is a tenant without account")
	}
}

func TestAccountIsReusedAMinuteAfterItsLastConnection(t *testing.T) {
	ts, connections, advance := newTestTenants(2)
	alice, bob, carol := hub.Principal{User: "alice"}, hub.Principal{User: "bob"}, hub.Principal{User: "carol"}
	aliceAccount := enter(t, ts, alice)
	connections[aliceAccount]++
	bobAccount := enter(t, ts, bob)

	wantRefused := func() {
		t.Helper()
		if err := ts.enter(carol, func(*server.Account) { t.Error("joined") }); !errors.Is(err, errTooManyPrincipals) {
			t.Fatalf("got %v", err)
		}
	}
	wantRefused() // sees that bob is gone
	advance(idleBeforeReuse - time.Second)
	wantRefused()
	advance(time.Second)
	before := ts.get(1)
	if enter(t, ts, carol) != bobAccount {
		t.Fatal("carol has not got bob's account")
	}
	if before.who.User != "bob" {
		t.Error("bob's tenant was changed under a request of his")
	}
	if ts.get(1).who.User != "carol" {
		t.Errorf("tenant 1 is %s", ts.get(1).who.User)
	}
	connections[bobAccount]++
	advance(time.Hour)
	if err := ts.enter(bob, func(*server.Account) { t.Error("joined") }); !errors.Is(err, errTooManyPrincipals) {
		t.Fatalf("connected principals lost an account: %v", err)
	}
}
