package testport

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

func TestAPortIsTakenOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port := Take(t)
		if seen[port] {
			t.Fatalf("%d was given twice", port)
		}
		seen[port] = true
		_, err := hold(filepath.Join(os.TempDir(), "rollcall-test-ports", strconv.Itoa(port)))
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			t.Fatalf("another process could take %d: %v", port, err)
		}
	}
}
