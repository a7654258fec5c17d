package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/hub/jwtauth"
)

const contestText = `
id: spring-2026
title: Spring
participants:
  - {roll_number: 24CS001, student_name: Sainadh, department: CSE}
  - {roll_number: "24 CS/2", student_name: Ånn é, department: CSE}
`

func newSecret(t testing.TB) (path string, v *jwtauth.Verifier) {
	t.Helper()
	path = newFile(t, "secret", strings.Repeat("s", 32)+"\n")
	v, err := jwtauth.New(jwtauth.Config{HS256Secret: []byte(strings.Repeat("s", 32))})
	if err != nil {
		t.Fatal(err)
	}
	return path, v
}

func TestEachParticipantGetsALinkOfHisOwn(t *testing.T) {
	secret, v := newSecret(t)
	got := start(t, "token", "--jwt-hs256-file", secret, "--contest", newFile(t, "c.yaml", contestText),
		"--participants", newFile(t, "p.csv", "roll_number,student_name,department\n24CS003,Alok,ECE\n"),
		"--url", "https://hall.example:8443/contest/", "--ttl", "2h")
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("%+v", got)
	}
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	want := [][2]string{{"24CS001", "Sainadh"}, {"24 CS/2", "Ånn é"}, {"24CS003", "Alok"}}
	if len(lines) != len(want) {
		t.Fatalf("printed\n%s", got.stdout)
	}
	for i, line := range lines {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || fields[0] != want[i][0] || fields[1] != want[i][1] {
			t.Fatalf("line %d is %q", i+1, line)
		}
		token, ok := strings.CutPrefix(fields[2], "https://hall.example:8443/contest/#token=")
		if !ok {
			t.Fatalf("link %q", fields[2])
		}
		p, err := v.Authenticate(token)
		if err != nil {
			t.Fatal(err)
		}
		left := time.Until(p.Expires)
		if p.User != want[i][0] || p.Name != want[i][1] || !p.Can(hub.Player) || p.Can(hub.Pusher) ||
			!p.OnBoard("spring-2026") || p.OnBoard("other") || !p.InRoom("spring-2026") || p.InRoom("other") ||
			left < 119*time.Minute || left > 121*time.Minute {
			t.Errorf("the token says %+v", p)
		}
	}
}

func TestTokenForOneUser(t *testing.T) {
	secret, v := newSecret(t)
	got := start(t, "token", "--jwt-hs256-file", secret, "--user", "judge", "--role", "pusher", "--role", "jury", "--board", "finals", "--source", "judge-1")
	if got.code != exitOK {
		t.Fatalf("%+v", got)
	}
	p, err := v.Authenticate(strings.TrimSuffix(got.stdout, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "judge" || !p.Can(hub.Pusher) || !p.Can(hub.Jury) || p.OnBoard("other") || p.Source != "judge-1" || p.Rooms != nil {
		t.Errorf("the token says %+v", p)
	}
}

func TestAPIKeyAndItsLineBelongTogether(t *testing.T) {
	got := start(t, "token", "--api-key", "judge 1", "--role", "pusher", "--board", "finals", "--source", "judge-1")
	if got.code != exitOK {
		t.Fatalf("%+v", got)
	}
	key, line, _ := strings.Cut(got.stdout, "\n")
	if strings.Contains(line, key) || strings.Contains(got.stderr, key) {
		t.Error("the key stands in the line for the file, or among the messages")
	}
	keys, err := jwtauth.LoadKeys(newFile(t, "keys", line))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jwtauth.New(jwtauth.Config{APIKeys: keys})
	if err != nil {
		t.Fatal(err)
	}
	p, err := v.Authenticate(key)
	if err != nil || p.User != "judge 1" || !p.Can(hub.Pusher) || p.OnBoard("other") || p.Source != "judge-1" {
		t.Errorf("the key says %+v, %v", p, err)
	}
}

func TestTokenSaysWhatIsMissingOrWrong(t *testing.T) {
	secret, _ := newSecret(t)
	file := newFile(t, "c.yaml", contestText)
	for name, c := range map[string]struct {
		code int
		say  string
		args []string
	}{
		"nothing":         {exitUsage, "--contest", nil},
		"two things":      {exitUsage, "--user", []string{"--user=a", "--api-key=b", "--role=pusher"}},
		"no secret":       {exitUsage, "--jwt-hs256-file", []string{"--user=a", "--role=pusher"}},
		"no role":         {exitUsage, "--role", []string{"--user=a", "--jwt-hs256-file=" + secret}},
		"negative ttl":    {exitUsage, "--ttl", []string{"--user=a", "--role=pusher", "--ttl=-1s", "--jwt-hs256-file=" + secret}},
		"unknown role":    {exitFailed, "roles", []string{"--user=a", "--role=root", "--jwt-hs256-file=" + secret}},
		"bad user":        {exitFailed, "sub", []string{"--user=..", "--role=viewer", "--jwt-hs256-file=" + secret}},
		"bad key board":   {exitFailed, "boards", []string{"--api-key=a", "--role=pusher", "--board=a b"}},
		"secret missing":  {exitFailed, "--jwt-hs256-file", []string{"--user=a", "--role=pusher", "--jwt-hs256-file=" + filepath.Join(t.TempDir(), "none")}},
		"contest missing": {exitFailed, "--contest", []string{"--contest=" + secret + "x", "--jwt-hs256-file=" + secret}},
		"bad participant": {exitFailed, "--participants", []string{"--contest=" + file, "--participants=" + secret, "--jwt-hs256-file=" + secret}},
		"bad url":         {exitFailed, "--url", []string{"--contest=" + file, "--url=hall", "--jwt-hs256-file=" + secret}},
		"nobody":          {exitFailed, "--participants", []string{"--contest=" + newFile(t, "c", "id: a\n"), "--jwt-hs256-file=" + secret}},
	} {
		t.Run(name, func(t *testing.T) {
			got := start(t, append([]string{"token"}, c.args...)...)
			if got.code != c.code || !strings.Contains(got.stderr, c.say) || got.stdout != "" {
				t.Errorf("got %+v, want exit %d and %q", got, c.code, c.say)
			}
		})
	}
}
