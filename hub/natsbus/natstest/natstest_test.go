package natstest

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func connect(t *testing.T, s *Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.URL(), append(opts, nats.IgnoreDiscoveredServers(), nats.ReconnectWait(10*time.Millisecond), nats.MaxReconnects(-1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func wantMessage(t *testing.T, sub *nats.Subscription, text string) {
	t.Helper()
	msg, err := sub.NextMsg(patience)
	if err != nil || string(msg.Data) != text {
		t.Fatalf("got %v, %v, want %s", msg, err, text)
	}
}

func subscribe(t *testing.T, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestClusterCarriesFromAnyServerToAny(t *testing.T) {
	c := StartCluster(t, 3, Config{})
	sub := subscribe(t, connect(t, c[2]), "a")
	c.WantInterest("", "a", 1)
	for i, s := range c {
		if err := connect(t, s).Publish("a", []byte(s.opts.ServerName)); err != nil {
			t.Fatal(err)
		}
		wantMessage(t, sub, c[i].opts.ServerName)
	}
}

func TestRestartedServerIsWhereItWas(t *testing.T) {
	c := StartCluster(t, 3, Config{})
	nc := connect(t, c[0])
	sub := subscribe(t, nc, "a")
	c.WantInterest("", "a", 1)
	c[0].Stop()
	c.WantRoutes()
	c[1].WantInterest("", "a", 0)
	c[0].Restart()
	c.WantRoutes()
	c.WantInterest("", "a", 1)
	if err := connect(t, c[1]).Publish("a", []byte("again")); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, sub, "again")
}

func TestAccountsHearOnlyTheirOwn(t *testing.T) {
	s := Start(t, Config{Users: []User{{"A", "ann", "1x"}, {"A", "amy", "2x"}, {"B", "bob", "3x"}}})
	if nc, err := nats.Connect(s.URL(), nats.UserInfo("ann", "wrong")); err == nil {
		nc.Close()
		t.Fatal("a wrong password is good enough")
	}
	ann := subscribe(t, connect(t, s, nats.UserInfo("ann", "1x")), "a")
	s.WantInterest("A", "a", 1)
	if got := s.Interest("B", "a"); got != 0 {
		t.Errorf("account B has %d subscriptions", got)
	}
	bob, amy := connect(t, s, nats.UserInfo("bob", "3x")), connect(t, s, nats.UserInfo("amy", "2x"))
	if err := bob.Publish("a", []byte("from bob")); err != nil {
		t.Fatal(err)
	}
	if err := bob.Flush(); err != nil { // so it comes first, if it comes
		t.Fatal(err)
	}
	if err := amy.Publish("a", []byte("from amy")); err != nil {
		t.Fatal(err)
	}
	wantMessage(t, ann, "from amy")
}
