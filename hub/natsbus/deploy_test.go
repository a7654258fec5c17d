package natsbus

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"rollcall/hub/natsbus/natstest"
)

const natsConf = "../../deploy/nats.conf"

// newDeployed starts the name-th server of deploy/nats.conf, with routes to
// the address given.
func newDeployed(t *testing.T, name, route, routePassword string) *natstest.Server {
	t.Helper()
	for key, value := range map[string]string{
		"NATS_NAME": name, "NATS_USER": "node", "NATS_PASSWORD": "n0des-secret",
		"NATS_ROUTE_USER": "route", "NATS_ROUTE_PASSWORD": routePassword,
		"NATS_ROUTES": fmt.Sprintf(`["nats://route:%s@%s"]`, routePassword, route),
	} {
		t.Setenv(key, value)
	}
	opts, err := server.ProcessConfigFile(natsConf)
	if err != nil {
		t.Fatal(err)
	}
	if opts.ServerName != name || opts.MaxPayload != maxMessage || opts.JetStream || opts.NoAuthUser != "" ||
		opts.HTTPHost != "127.0.0.1" || opts.HTTPPort == 0 || len(opts.Routes) != 1 {
		t.Errorf("options %+v", opts)
	}
	return natstest.StartWith(t, opts)
}

func TestDeployedServersCarryTheBus(t *testing.T) {
	one := newDeployed(t, "nats-1", "127.0.0.1:1", "r0ute")
	two := newDeployed(t, "nats-2", one.RouteAddr(), "r0ute")
	three := newDeployed(t, "nats-3", one.RouteAddr(), "r0ute")
	var nodes []*node
	for _, s := range []*natstest.Server{one, two, three} {
		nodes = append(nodes, newNode(t, BusConfig{URLs: []string{s.URL()}, User: "node", Password: "n0des-secret"}))
	}
	for _, n := range nodes {
		n.WatchBoard("finals")
		n.WatchRoom("hall")
	}
	for _, s := range []*natstest.Server{one, two, three} {
		s.WantInterest("NODES", onFinals, 3)
		s.WantInterest("NODES", onHall, 3)
	}
	nodes[0].PublishDelta("finals", testDelta(1))
	for _, n := range nodes[1:] {
		n.ear.want(t, said{what: "delta", board: "finals", delta: testDelta(1)})
	}
	if got := nodes[0].Stats().Errors; got != 0 {
		t.Errorf("%d errors on the connection", got)
	}

	// A server that does not know the password of the routes stays outside.
	stranger := newDeployed(t, "nats-4", one.RouteAddr(), "wr0ng")
	deaf := newNode(t, BusConfig{URLs: []string{stranger.URL()}, User: "node", Password: "n0des-secret"})
	deaf.WatchBoard("finals")
	deaf.ear.wantDoubt(t, "finals")
	nodes[0].PublishDelta("finals", testDelta(4))
	nodes[1].ear.want(t, said{what: "delta", board: "finals", delta: testDelta(4)})
	if stranger.Interest("NODES", onFinals) != 1 || len(deaf.ear.said) != 0 {
		t.Error("a server with a wrong route password is in the cluster")
	}
}

func TestDeployedServerRefusesStrangers(t *testing.T) {
	s := newDeployed(t, "nats-1", "127.0.0.1:1", "r0ute")
	for name, opts := range map[string][]nats.Option{
		"nobody": nil, "wrong password": {nats.UserInfo("node", "x")}, "route": {nats.UserInfo("route", "r0ute")},
	} {
		if nc, err := nats.Connect(s.URL(), opts...); err == nil {
			nc.Close()
			t.Errorf("%s is let in", name)
		}
	}
	other := BusConfig{URLs: []string{s.URL()}, User: "node", Password: "n0des-secret", Node: "n", Prefix: "other.bus"}
	if bus, err := Connect(t.Context(), other); err == nil {
		_ = bus.Close(t.Context())
		t.Error("subjects outside rollcall.bus are allowed")
	}
}
