package natstest

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/internal/testport"
)

// Cluster is servers with a route between each two.
type Cluster []*Server

// StartCluster runs a cluster of n servers and returns when every route is up.
func StartCluster(tb testing.TB, n int, cfg Config) Cluster {
	tb.Helper()
	c := make(Cluster, n)
	for i := range c {
		c[i] = newServer(tb, cfg, fmt.Sprintf("n%d", i+1))
		c[i].opts.Cluster = server.ClusterOpts{Name: "natstest", Host: "127.0.0.1", Port: testport.Take(tb), PoolSize: -1}
	}
	for _, s := range c {
		for _, peer := range c {
			if peer != s {
				s.opts.Routes = append(s.opts.Routes, &url.URL{Scheme: "nats", Host: peer.RouteAddr()})
			}
		}
	}
	for _, s := range c {
		s.Restart()
	}
	c.WantRoutes()
	return c
}

// URLs are the servers' addresses, separated by commas.
func (c Cluster) URLs() string {
	var urls []string
	for _, s := range c {
		urls = append(urls, s.URL())
	}
	return strings.Join(urls, ",")
}

// WantRoutes waits until the running servers have a route between each two.
func (c Cluster) WantRoutes() {
	var running Cluster
	for _, s := range c {
		if s.srv != nil {
			running = append(running, s)
		}
	}
	for _, s := range running {
		s.tb.Helper()
		wait(s.tb, func() string {
			if got := s.srv.NumRoutes(); got != len(running)-1 {
				return fmt.Sprintf("%s has %d routes, want %d", s.opts.ServerName, got, len(running)-1)
			}
			return ""
		})
	}
}

// WantInterest waits until every server has n subscriptions that match.
func (c Cluster) WantInterest(account, subject string, n int) {
	for _, s := range c {
		s.tb.Helper()
		s.WantInterest(account, subject, n)
	}
}
