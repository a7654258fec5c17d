// Package harness runs the real binary for the tests beside it: hubs that are
// stopped, killed and started again on the data they left, and verbs that run
// to their end. It knows the program only by its command line and its sockets.
//
//	func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
//
//	hub := harness.Start(t)
//	hub.Kill()
//	hub.Restart()
package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test; set once by Main.
var binary string

// Main builds the program once, with the race detector if the tests have it,
// and runs the tests. It returns the exit code.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rollcall-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "rollcall")
	args := []string{"build", "-o", binary}
	if race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "rollcall/cmd/rollcall")...)
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program under test:", err)
		return 1
	}
	return m.Run()
}
