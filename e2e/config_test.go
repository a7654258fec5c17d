package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/e2e/harness"
)

func TestPrintedConfigIsAConfig(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef0123456789abcdef-not-to-be-shown"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := harness.Run(t, "serve", "--threshold", "45s", "--origin", "https://a.example", "--jwt-hs256-file", secret, "--print-config")
	if code := first.Exit(); code != 0 {
		t.Fatalf("exit code %d: %s", code, first.Stderr())
	}
	for _, want := range []string{"threshold: 45s", "https://a.example", "listen: 127.0.0.1:8080"} {
		if !strings.Contains(first.Stdout(), want) {
			t.Errorf("no %q in\n%s", want, first.Stdout())
		}
	}
	if strings.Contains(first.Stdout(), "not-to-be-shown") {
		t.Error("the secret is printed")
	}
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(first.Stdout()), 0o600); err != nil {
		t.Fatal(err)
	}
	again := harness.Run(t, "serve", "--config", file, "--print-config")
	if code := again.Exit(); code != 0 || again.Stdout() != first.Stdout() {
		t.Errorf("exit code %d; read back it is\n%s%s", code, again.Stdout(), again.Stderr())
	}
}
