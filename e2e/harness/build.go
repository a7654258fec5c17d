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
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The program under test; set once by Main. Hubs have the race detector if the
// tests have it. The other verbs never do: they would take most of the time,
// and their packages have tests of their own.
var hubBinary, verbBinary string

// Main builds the program once and runs the tests. It returns the exit code.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rollcall-e2e-")
	if err != nil {
		return fail("make a directory for the program", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	hubBinary, verbBinary = filepath.Join(dir, "rollcall"), filepath.Join(dir, "rollcall")
	if err := build(hubBinary); err != nil {
		return fail("build the program under test", err)
	}
	if race {
		hubBinary += "-race"
		if err := build(hubBinary, "-race"); err != nil {
			return fail("build the program under test", err)
		}
	}
	return m.Run()
}

func build(path string, flags ...string) error {
	args := append([]string{"build", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, "rollcall/cmd/rollcall")...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

func fail(what string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	return 1
}

// lookAtSources opens every directory of the module. Go's test cache knows of
// no program that a test builds, but of the directories that a test opens: so a
// result is forgotten when a source has changed. It counts only within m.Run.
var lookAtSources = sync.OnceValue(func() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin") {
			return filepath.SkipDir
		}
		return nil
	})
})

// Root is the directory of the module, as a path from the test's.
func Root(tb testing.TB) string {
	tb.Helper()
	root, err := moduleRoot()
	if err != nil {
		tb.Fatal(err)
	}
	return root
}

func moduleRoot() (string, error) {
	for root := "."; len(root) < 64; root = filepath.Join("..", root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, nil
		}
	}
	return "", fmt.Errorf("no go.mod above the test")
}
