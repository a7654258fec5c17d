package harness

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/internal/testport"
)

// NATS are three NATS servers that run deploy/nats.conf and form a cluster.
type NATS struct {
	Addrs []string // host:port of each

	tb      testing.TB
	servers [3]*server.Server // nil: not running
	options [3]*server.Options
}

// What the hubs log in with, and the servers among themselves.
const (
	natsUser, natsPassword   = "hub", "a-password-of-the-hubs"
	routeUser, routePassword = "route", "a-password-of-the-routes"
)

// StartNATS starts the three and waits until each knows the others.
func StartNATS(tb testing.TB) *NATS {
	tb.Helper()
	n := &NATS{tb: tb}
	for i := range n.options {
		n.options[i] = natsOptions(tb, "nats-"+strconv.Itoa(i+1))
		if i > 0 {
			n.options[i].Routes = []*url.URL{{Scheme: "nats", User: url.UserPassword(routeUser, routePassword), Host: n.servers[0].ClusterAddr().String()}}
		}
		n.Start(i)
		n.Addrs = append(n.Addrs, n.servers[i].Addr().String())
	}
	tb.Cleanup(n.StopAll)
	n.wait()
	return n
}

// natsOptions are what deploy/nats.conf says, on free ports of loopback.
func natsOptions(tb testing.TB, name string) *server.Options {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(Root(tb), "deploy", "nats.conf"))
	if err != nil {
		tb.Fatal(err)
	}
	vars := map[string]string{
		"$NATS_NAME": name, "$NATS_USER": natsUser, "$NATS_PASSWORD": natsPassword,
		"$NATS_ROUTE_USER": routeUser, "$NATS_ROUTE_PASSWORD": routePassword, "$NATS_ROUTES": "[]",
	}
	conf := filepath.Join(tb.TempDir(), "nats.conf")
	filled := natsVar.ReplaceAllStringFunc(string(text), func(v string) string {
		if _, ok := vars[v]; !ok {
			tb.Fatalf("deploy/nats.conf: %s has no value", v)
		}
		return vars[v]
	})
	if err := os.WriteFile(conf, []byte(filled), 0o600); err != nil {
		tb.Fatal(err)
	}
	o, err := server.ProcessConfigFile(conf)
	if err != nil {
		tb.Fatalf("deploy/nats.conf: %v", err)
	}
	o.Host, o.Port, o.HTTPPort, o.NoSigs, o.NoLog = "127.0.0.1", testport.Take(tb), 0, true, true
	o.Cluster.Host, o.Cluster.Port = "127.0.0.1", testport.Take(tb)
	o.Cluster.NoAdvertise = true // a client that was told of the others would go round our proxies
	return o
}

var natsVar = regexp.MustCompile(`\$NATS_[A-Z_]+`)

// Start starts a server that does not run, where it was.
func (n *NATS) Start(i int) {
	n.tb.Helper()
	s, err := server.NewServer(n.options[i].Clone())
	if err != nil {
		n.tb.Fatalf("nats-server: %v", err)
	}
	s.Start()
	if !s.ReadyForConnections(patience) {
		n.tb.Fatal("nats-server is not ready")
	}
	n.servers[i] = s
}

// wait waits until every server has a route to each other.
func (n *NATS) wait() {
	n.tb.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		joined := 0
		for _, s := range n.servers {
			if routedTo(s) == len(n.servers)-1 {
				joined++
			}
		}
		if joined == len(n.servers) {
			return
		}
		if time.Now().After(deadline) {
			n.tb.Fatalf("%d of the NATS servers know the others", joined)
		}
	}
}

func routedTo(s *server.Server) int {
	routes, err := s.Routez(nil)
	if err != nil {
		return 0
	}
	names := map[string]bool{}
	for _, r := range routes.Routes {
		names[r.RemoteName] = true
	}
	return len(names)
}

// Stop ends a server.
func (n *NATS) Stop(i int) {
	if s := n.servers[i]; s != nil {
		s.Shutdown()
		s.WaitForShutdown()
		n.servers[i] = nil
	}
}

// StopAll ends them all.
func (n *NATS) StopAll() {
	for i := range n.servers {
		n.Stop(i)
	}
}

// StartAll starts those that do not run and waits until they are one cluster.
func (n *NATS) StartAll() {
	n.tb.Helper()
	for i, s := range n.servers {
		if s == nil {
			n.Start(i)
		}
	}
	n.wait()
}
