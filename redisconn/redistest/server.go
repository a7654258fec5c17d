// Package redistest starts real Redis servers for tests, on free ports of
// loopback and in temporary folders.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/redisconn"
)

// patience bounds the wait for a server.
const patience = 20 * time.Second

// Server is one redis-server process. It ends with the test at the latest.
type Server struct {
	Addr string // host:port
	tb   testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Start runs a server without persistence; args are more of its options, as
// "--appendonly", "yes".
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{Addr: freeAddr(tb), tb: tb, dir: tb.TempDir(), args: args}
	s.Restart()
	tb.Cleanup(s.Kill)
	return s
}

// Restart starts the server that is not running, on the same port and with the
// same files.
func (s *Server) Restart() {
	s.tb.Helper()
	_, port, _ := net.SplitHostPort(s.Addr)
	args := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--logfile", filepath.Join(s.dir, "log")}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatalf("redis-server: %v (Debian's package redis-server)", err)
	}
	s.wait()
}

func (s *Server) wait() {
	s.tb.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		err := c.Ping(context.Background()).Err()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.tb.Fatalf("redis-server at %s: %v\n%s", s.Addr, err, log)
		}
	}
}

// Kill ends the server as kill -9 does.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // killed
	s.cmd = nil
}

// Freeze stops the process where it is; Thaw lets it go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.tb.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.tb.Fatalf("redis-server: %v", err)
	}
}

// Pid is the process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// URL is the server's address for redisconn and serve --redis.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Clients opens clients that are closed with the test.
func (s *Server) Clients() redisconn.Clients { return Open(s.tb, s.URL()) }

// Open opens clients of an address; they are closed with the test.
func Open(tb testing.TB, url string) redisconn.Clients {
	tb.Helper()
	a, err := redisconn.ParseAddress(url)
	if err != nil {
		tb.Fatalf("%s: %v", url, err)
	}
	c := redisconn.Open(a)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// freeAddr is an address of loopback that was free a moment ago, below the
// range that outgoing connections take their ports from.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		n := 15000 + int(time.Now().UnixNano()/1000+int64(os.Getpid())*7919)%15000
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(n))
		bus := net.JoinHostPort("127.0.0.1", strconv.Itoa(n+10000)) // a cluster node's second port
		if free(addr) && free(bus) {
			return addr
		}
		time.Sleep(time.Millisecond)
	}
	tb.Fatal(fmt.Errorf("no free port"))
	return ""
}

func free(addr string) bool {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	_ = ln.Close()
	return true
}
