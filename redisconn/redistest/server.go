// Package redistest starts real Redis servers for tests, on free ports of
// loopback and in temporary folders.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"rollcall/internal/testport"
	"rollcall/redisconn"
)

// patience bounds the wait for a server.
const patience = 20 * time.Second

// Server is one redis-server process. It ends with the test at the latest.
type Server struct {
	Addr string // host:port
	port int
	tb   testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Start runs a server without persistence; args are more of its options, as
// "--appendonly", "yes".
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := newServer(tb, args...)
	s.Restart()
	return s
}

// newServer has an address and a folder; it does not run yet.
func newServer(tb testing.TB, args ...string) *Server {
	tb.Helper()
	port := testport.Take(tb)
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), port: port, tb: tb, dir: tb.TempDir(), args: args}
	tb.Cleanup(s.Kill)
	return s
}

// Restart starts the server that is not running, on the same port and with the
// same files.
func (s *Server) Restart() {
	s.tb.Helper()
	if err := s.start(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.tb.Fatalf("redis-server at %s: %v (it is Debian's package redis-server)\n%s", s.Addr, err, log)
	}
}

// start runs the server and waits until it answers.
func (s *Server) start() error {
	args := []string{"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--logfile", filepath.Join(s.dir, "log")}
	if conf := filepath.Join(s.dir, sentinelConf); exists(conf) {
		args = append([]string{conf, "--sentinel"}, args...)
	} else {
		args = append(args, "--save", "")
	}
	s.cmd = exec.Command("redis-server", append(args, s.args...)...)
	if err := s.cmd.Start(); err != nil {
		s.cmd = nil
		return err
	}
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	// The process id tells ours from another's server that has the port.
	want := fmt.Sprintf("process_id:%d\r\n", s.cmd.Process.Pid)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if !answers(s.Addr) && time.Now().Before(deadline) {
			continue // go-redis would log that nobody listens
		}
		info, err := c.Info(context.Background(), "server").Result()
		switch {
		case err == nil && strings.Contains(info, want):
			return nil
		case err == nil:
			return errors.New("the port is another server's")
		case time.Now().After(deadline):
			return err
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

// answers reports whether somebody listens. It asks by dialing: who looks by
// listening himself takes the port from the server that is about to.
func answers(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
