// Package natstest starts real NATS servers inside the test process, on free
// ports of loopback.
package natstest

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/internal/testport"
)

// patience bounds the wait for a server.
const patience = 20 * time.Second

// Config says what servers are started. The zero Config serves everyone.
type Config struct {
	// Users may connect, each in its account; nobody else may. Empty: whoever
	// comes, in the server's own account.
	Users []User
	// MaxPayload bounds a message, in bytes; 0 is the server's default, 1 MiB.
	MaxPayload int32
}

// User is who may connect, and what he sees: one account's subjects.
type User struct{ Account, Name, Password string }

// Server is one server. It ends with the test at the latest.
type Server struct {
	tb   testing.TB
	opts *server.Options // with the ports that it keeps
	srv  *server.Server  // nil while stopped
	log  lastLog
}

// Start runs one server.
func Start(tb testing.TB, cfg Config) *Server {
	tb.Helper()
	s := newServer(tb, cfg, "solo")
	s.Restart()
	return s
}

// StartWith runs one server of ready options, as those of a configuration
// file, with its ports and addresses replaced by free ones of loopback.
func StartWith(tb testing.TB, opts *server.Options) *Server {
	tb.Helper()
	opts.Host, opts.Port = "127.0.0.1", testport.Take(tb)
	if opts.HTTPPort != 0 {
		opts.HTTPHost, opts.HTTPPort = "127.0.0.1", testport.Take(tb)
	}
	if opts.Cluster.Port != 0 {
		opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", testport.Take(tb)
	}
	opts.NoSigs = true
	s := &Server{tb: tb, opts: opts}
	tb.Cleanup(s.Stop)
	s.Restart()
	return s
}

func newServer(tb testing.TB, cfg Config, name string) *Server {
	tb.Helper()
	s := &Server{tb: tb, opts: &server.Options{
		ServerName: name, Host: "127.0.0.1", Port: testport.Take(tb),
		NoSigs: true, MaxPayload: cfg.MaxPayload,
	}}
	accounts := map[string]*server.Account{}
	for _, u := range cfg.Users {
		if accounts[u.Account] == nil {
			accounts[u.Account] = server.NewAccount(u.Account)
			s.opts.Accounts = append(s.opts.Accounts, accounts[u.Account])
		}
		s.opts.Users = append(s.opts.Users, &server.User{Username: u.Name, Password: u.Password, Account: accounts[u.Account]})
	}
	tb.Cleanup(s.Stop)
	return s
}

// Restart starts the server that is not running, on the same ports, and
// returns when it serves.
func (s *Server) Restart() {
	s.tb.Helper()
	s.start()
	if !s.srv.ReadyForConnections(patience) {
		s.tb.Fatalf("natstest: %s does not serve: %s", s.opts.ServerName, s.log.last())
	}
}

func (s *Server) start() {
	s.tb.Helper()
	srv, err := server.NewServer(s.opts.Clone())
	if err != nil {
		s.tb.Fatalf("natstest: %v", err)
	}
	srv.SetLogger(&s.log, false, false)
	srv.Start()
	s.srv = srv
}

// Stop ends the server and every connection to it.
func (s *Server) Stop() {
	if s.srv == nil {
		return
	}
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
	s.srv = nil
}

// Addr is host:port, the same before and after a Restart.
func (s *Server) Addr() string {
	return net.JoinHostPort(s.opts.Host, strconv.Itoa(s.opts.Port))
}

// URL is where clients connect.
func (s *Server) URL() string { return "nats://" + s.Addr() }

// RouteAddr is where other servers of the cluster connect.
func (s *Server) RouteAddr() string {
	return net.JoinHostPort(s.opts.Cluster.Host, strconv.Itoa(s.opts.Cluster.Port))
}

// Clients is the number of connected clients.
func (s *Server) Clients() int { return s.srv.NumClients() }

// Interest is how many subscriptions match the subject, those of other servers
// counted once each; account "" is the one without users.
func (s *Server) Interest(account, subject string) int {
	s.tb.Helper()
	if account == "" {
		return s.srv.GlobalAccount().Interest(subject)
	}
	a, err := s.srv.LookupAccount(account)
	if err != nil {
		s.tb.Fatalf("natstest: account %s: %v", account, err)
	}
	return a.Interest(subject)
}

// WantInterest waits until Interest is n.
func (s *Server) WantInterest(account, subject string, n int) {
	s.tb.Helper()
	wait(s.tb, func() string {
		if got := s.Interest(account, subject); got != n {
			return fmt.Sprintf("%s has %d subscriptions to %s, want %d", s.opts.ServerName, got, subject, n)
		}
		return ""
	})
}

// wait returns when ask has no complaint left.
func wait(tb testing.TB, ask func() string) {
	tb.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		complaint := ask()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("natstest: %s", complaint)
		}
	}
}
