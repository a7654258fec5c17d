package natsbus

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"rollcall/hub/natsbus/natstest"
)

var testUsers = []natstest.User{{Account: "NODES", Name: "node", Password: "secret-of-nodes"}, {Account: "OTHERS", Name: "guest", Password: "guest"}}

func TestOtherAccountsNeitherHearNorSpeak(t *testing.T) {
	s := natstest.Start(t, natstest.Config{Users: testUsers})
	cfg := BusConfig{URLs: []string{s.URL()}, User: "node", Password: "secret-of-nodes"}
	one, two := newNode(t, cfg), newNode(t, cfg)
	two.WatchBoard("finals")
	two.ear.wantDoubt(t, "finals")
	guest, err := nats.Connect(s.URL(), nats.UserInfo("guest", "guest"))
	if err != nil {
		t.Fatal(err)
	}
	defer guest.Close()
	spy, err := guest.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := guest.Publish(onFinals, appendDelta(nil, "guest", "finals", testDelta(1))); err != nil {
		t.Fatal(err)
	}
	if err := guest.Flush(); err != nil {
		t.Fatal(err)
	}
	if msg, err := spy.NextMsg(patience); err != nil || msg.Subject != onFinals { // its own
		t.Fatalf("the spy is deaf: %v, %v", msg, err)
	}
	one.PublishDelta("finals", testDelta(4))
	two.ear.want(t, said{what: "delta", board: "finals", delta: testDelta(4)})
	if err := guest.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := spy.Pending(); err != nil || n != 0 {
		t.Errorf("the guest heard %d messages, %v", n, err)
	}
}

func TestConnectRefusesWhatWillNotHeal(t *testing.T) {
	s := natstest.Start(t, natstest.Config{Users: testUsers})
	narrow := natstest.StartWith(t, &server.Options{ServerName: "narrow", Users: []*server.User{{
		Username: "node", Password: "x1",
		Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Allow: []string{"other.>"}}},
	}}})
	url := []string{s.URL()}
	for name, c := range map[string]struct {
		cfg  BusConfig
		want string
	}{
		"no URL":          {BusConfig{Node: "n"}, "URLs"},
		"empty URL":       {BusConfig{Node: "n", URLs: []string{" , "}}, "URLs"},
		"not an address":  {BusConfig{Node: "n", URLs: []string{s.URL(), "nats://u:topsecret@h:port"}}, "URL 2"},
		"wrong scheme":    {BusConfig{Node: "n", URLs: []string{"http://u:topsecret@h"}}, "nats://host:port"},
		"no host":         {BusConfig{Node: "n", URLs: []string{"nats://:4222"}}, "nats://host:port"},
		"no node":         {BusConfig{URLs: url}, "Node"},
		"bad prefix":      {BusConfig{Node: "n", URLs: url, Prefix: "a.>"}, "Prefix"},
		"user and creds":  {BusConfig{Node: "n", URLs: url, User: "u", CredsFile: "f"}, "not both"},
		"password alone":  {BusConfig{Node: "n", URLs: url, Password: "topsecret"}, "User"},
		"no creds file":   {BusConfig{Node: "n", URLs: url, CredsFile: filepath.Join(t.TempDir(), "absent")}, "absent"},
		"wrong password":  {BusConfig{Node: "n", URLs: url, User: "node", Password: "topsecret"}, "uthorization"},
		"no password":     {BusConfig{Node: "n", URLs: url}, "uthorization"},
		"no TLS there":    {BusConfig{Node: "n", URLs: []string{"tls://node:topsecret@" + s.Addr()}}, "secure"},
		"subject refused": {BusConfig{Node: "n", URLs: []string{narrow.URL()}, User: "node", Password: "x1"}, "rollcall.bus.>"},
	} {
		t.Run(name, func(t *testing.T) {
			bus, err := Connect(t.Context(), c.cfg)
			if err == nil {
				_ = bus.Close(t.Context())
				t.Fatal("it connects")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "topsecret") {
				t.Errorf("got %q, want %q in it and no password", err, c.want)
			}
		})
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	s := natstest.Start(t, natstest.Config{})
	p := newProxy(t, s.Addr())
	p.set(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if bus, err := Connect(ctx, BusConfig{Node: "n", URLs: []string{p.Addr().String()}}); err == nil {
		_ = bus.Close(t.Context())
		t.Error("it connects to a server that does not answer")
	}
}

func TestURLsMayBeOneText(t *testing.T) {
	got, err := splitURLs([]string{"nats://a:1, b:2", "tls://u:p@c"})
	if err != nil || strings.Join(got, " ") != "nats://a:1 nats://b:2 tls://u:p@c" {
		t.Errorf("got %q, %v", got, err)
	}
}
