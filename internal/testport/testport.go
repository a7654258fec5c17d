// Package testport gives tests ports of loopback that stay theirs: a server
// that is stopped and started again on its port finds it free, because no other
// test, of this process or another, is given it meanwhile.
package testport

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// The ports stand below the range that outgoing connections take theirs from,
// and so do those of the second listener of a Redis Cluster's node, Bus above.
const (
	first = 12000
	last  = 21999
	Bus   = 10000
)

// taken holds the locks of this process's ports until it ends: one that a test
// has left may still be waited for by what the test left behind.
var taken struct {
	sync.Mutex
	locks []*os.File
}

// Take returns a port that is free, and whose Bus is.
func Take(tb testing.TB) int {
	tb.Helper()
	dir := filepath.Join(os.TempDir(), "rollcall-test-ports")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		tb.Fatal(err)
	}
	for range 1000 {
		port := first + rand.IntN(last-first+1)
		lock, err := hold(filepath.Join(dir, strconv.Itoa(port)))
		if errors.Is(err, syscall.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			tb.Fatalf("a port to test with: %v", err)
		}
		if free(port) && free(port+Bus) {
			taken.Lock()
			taken.locks = append(taken.locks, lock)
			taken.Unlock()
			return port
		}
		_ = lock.Close()
	}
	tb.Fatal("no free port")
	return 0
}

// hold locks a file; the lock ends with the process.
func hold(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// free reports whether nobody listens on a port of loopback.
func free(port int) bool {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = ln.Close()
	return true
}
