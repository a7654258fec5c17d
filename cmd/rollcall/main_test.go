package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// result is what a verb left behind.
type result struct {
	code           int
	stdout, stderr string
}

// start runs a verb in this process, without input.
func start(t testing.TB, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// newFile writes a file of the name in a fresh directory.
func newFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHelpSucceedsAndNamesEveryVerb(t *testing.T) {
	got := start(t, "--help")
	if got.code != exitOK {
		t.Fatalf("%+v", got)
	}
	for _, v := range verbs() {
		if !strings.Contains(got.stdout, v.name) {
			t.Errorf("%s is not in the help:\n%s", v.name, got.stdout)
		}
		if help := start(t, v.name, "--help"); help.code != exitOK || help.stdout == "" {
			t.Errorf("%s --help: %+v", v.name, help)
		}
	}
}

func TestWrongCommandLineIsAUsageError(t *testing.T) {
	for _, args := range [][]string{{}, {"nonsense"}, {"token", "--nonsense"}, {"token"}} {
		if got := start(t, args...); got.code != exitUsage || got.stderr == "" || got.stdout != "" {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestMain(m *testing.M) {
	for _, v := range os.Environ() { // the developer's own configuration is not under test
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "ROLLCALL_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}
