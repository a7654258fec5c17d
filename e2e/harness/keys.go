package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Keys are what tells people and bots apart: a secret that signs tokens and a
// file of API keys. A hub reads both when it starts, so what is needed must be
// made before.
type Keys struct {
	Secret  string // file
	APIKeys string // file
	tb      testing.TB
}

// NewKeys makes a secret and a file without keys.
func NewKeys(tb testing.TB) *Keys {
	tb.Helper()
	dir := tb.TempDir()
	k := &Keys{tb: tb, Secret: filepath.Join(dir, "jwt-secret"), APIKeys: filepath.Join(dir, "api-keys")}
	k.write(k.Secret, "a secret of at least thirty-two bytes")
	k.write(k.APIKeys, "")
	return k
}

// Flags are those of serve.
func (k *Keys) Flags() []string {
	return []string{"--jwt-hs256-file", k.Secret, "--api-key-file", k.APIKeys}
}

// Token is the token of a user with the roles.
func (k *Keys) Token(user string, roles ...string) string {
	k.tb.Helper()
	args := []string{"token", "--jwt-hs256-file", k.Secret, "--user", user}
	return k.print(append(args, rolesFlags(roles)...)...)[0]
}

// APIKey is a new key of a bot, noted in the file.
func (k *Keys) APIKey(name string, roles ...string) string {
	k.tb.Helper()
	lines := k.print(append([]string{"token", "--api-key", name}, rolesFlags(roles)...)...)
	old, err := os.ReadFile(k.APIKeys)
	if err != nil {
		k.tb.Fatal(err)
	}
	k.write(k.APIKeys, string(old)+lines[1]+"\n")
	return lines[0]
}

// Players are the tokens of n users of a contest, p00000, p00001 and so on,
// which admit to the room and the board of its id.
func (k *Keys) Players(contest string, n int) []string {
	k.tb.Helper()
	var file strings.Builder
	fmt.Fprintf(&file, "id: %s\ntitle: A contest\nparticipants:\n", contest)
	for i := range n {
		fmt.Fprintf(&file, "  - {roll_number: p%05d, student_name: Player %d}\n", i, i)
	}
	path := filepath.Join(filepath.Dir(k.Secret), contest+".yaml")
	k.write(path, file.String())
	tokens := k.print("token", "--jwt-hs256-file", k.Secret, "--contest", path)
	for i, line := range tokens {
		_, tokens[i], _ = strings.Cut(line, "#token=")
	}
	return tokens
}

func rolesFlags(roles []string) (flags []string) {
	for _, r := range roles {
		flags = append(flags, "--role", r)
	}
	return flags
}

// print runs a verb and returns the lines of its output.
func (k *Keys) print(args ...string) []string {
	k.tb.Helper()
	p := Run(k.tb, args...)
	if code := p.Exit(); code != 0 {
		k.tb.Fatalf("rollcall %s: exit code %d: %s", strings.Join(args, " "), code, p.Stderr())
	}
	return strings.Split(strings.TrimSuffix(p.Stdout(), "\n"), "\n")
}

func (k *Keys) write(path, text string) {
	k.tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		k.tb.Fatal(err)
	}
}
