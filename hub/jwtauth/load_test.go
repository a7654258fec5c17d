package jwtauth

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"rollcall/hub"
	"rollcall/wire"
)

func newFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecretIsTheFileWithoutItsLineEnd(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n", "\n\n"} {
		got, err := LoadSecret(newFile(t, string(secret)+end))
		if err != nil || string(got) != string(secret) {
			t.Errorf("end %q: %q, %v", end, got, err)
		}
	}
	for name, path := range map[string]string{
		"at least 32": newFile(t, "short-canary\n"),
		"over":        newFile(t, strings.Repeat("x", maxFile+1)),
		"no such":     filepath.Join(t.TempDir(), "none"),
		"directory":   t.TempDir(),
	} {
		_, err := LoadSecret(path)
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func TestNewKeyIsAcceptedThroughItsLine(t *testing.T) {
	judgeKey, judgeHash := NewKey()
	adminKey, adminHash := NewKey()
	judge := Key{Name: "judge 1", Hash: judgeHash, Roles: []hub.Role{hub.Pusher, hub.Jury}, Boards: []string{"finals"}, Rooms: []string{"hall"}, Source: "judge-1"}
	admin := Key{Name: `a"b:{}`, Hash: adminHash, Roles: []hub.Role{hub.Admin}}
	keys, err := LoadKeys(newFile(t, "# bots\n"+judge.Line()+"\n"+admin.Line()+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(keys, []Key{judge, admin}) {
		t.Fatalf("read %+v", keys)
	}
	v := newVerifier(t, Config{APIKeys: keys})
	for text, want := range map[string]hub.Principal{
		judgeKey: {User: "judge 1", Name: "judge 1", Roles: judge.Roles, Boards: judge.Boards, Rooms: judge.Rooms, Source: "judge-1"},
		adminKey: {User: `a"b:{}`, Name: `a"b:{}`, Roles: admin.Roles},
	} {
		if got, err := v.Authenticate(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	other, _ := NewKey()
	wantRefused(t, v, other, wire.BadToken, "unknown API key")
	wantRefused(t, v, judgeKey[:len(judgeKey)-1], wire.BadToken, "unknown API key")
	wantRefused(t, v, judgeHash.String(), wire.BadToken, "neither")
	onlyKeys, err := New(Config{APIKeys: keys})
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, onlyKeys, "a.b.c", wire.BadToken, "nothing else is accepted")
}

func TestKeyFileErrorsNameLineAndField(t *testing.T) {
	_, h := NewKey()
	hash := h.String()
	goodKey := Key{Name: "a", Hash: h, Roles: []hub.Role{hub.Pusher}}.Line()
	_, other := NewKey()
	otherHash := other.String()
	for name, c := range map[string]struct{ text, say string }{
		"not YAML":       {"- {", ""},
		"empty":          {"", "list of keys"},
		"a map":          {"name: x", "line 1: must be a YAML list"},
		"unknown field":  {goodKey + "\n- {name: b, hash: \"" + otherHash + "\", roles: [pusher], bords: [x]}", `line 2: [2:`},
		"a pasted key":   {"- {name: b, key: rk_canary}", "unknown field"},
		"no name":        {"- {hash: \"" + hash + "\", roles: [pusher]}", "line 1: name is missing"},
		"bad name":       {"- {name: \"a\\nb\", hash: \"" + hash + "\", roles: [pusher]}", "line 1: name must be"},
		"no hash":        {"- {name: a, roles: [pusher]}", "line 1: hash: must be sha256:"},
		"key for hash":   {"- {name: a, hash: rk_canary, roles: [pusher]}", "line 1: hash: must be sha256:"},
		"no roles":       {"- {name: a, hash: \"" + hash + "\"}", "line 1: roles is missing"},
		"unknown role":   {"\n\n- {name: a, hash: \"" + hash + "\", roles: [root]}", "line 3: roles holds an unknown role"},
		"bad board":      {"- {name: a, hash: \"" + hash + "\", roles: [pusher], boards: [\"*\"]}", "line 1: boards must be"},
		"bad source":     {"- {name: a, hash: \"" + hash + "\", roles: [pusher], source: a b}", "line 1: source must be"},
		"twice":          {"- {name: a, hash: \"" + hash + "\", roles: [pusher]}\n- {name: a, hash: \"" + hash + "\", roles: [pusher]}", `line 2: API key "a" stands twice`},
		"boards a text":  {"- name: a\n  hash: \"" + hash + "\"\n  roles: [pusher]\n  boards: {x: y}", "line 1: "},
		"two documents":  {"- {name: a}\n---\n- {name: b}", "one YAML list"},
		"a list of text": {"- rk_canary", "line 1: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := newFile(t, c.text)
			_, err := LoadKeys(path)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %q, want %q in it", err, c.say)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows a key: %v", err)
			}
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	_, hash := NewKey()
	f.Add([]byte(Key{Name: "a", Hash: hash, Roles: []hub.Role{hub.Pusher}}.Line()))
	f.Add([]byte("- {name: a}\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parseKeys(data)
		if err != nil {
			return
		}
		if _, err := New(Config{HS256Secret: secret, APIKeys: keys}); err != nil {
			t.Errorf("read but not accepted: %v", err)
		}
	})
}
