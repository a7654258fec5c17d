package jwtauth

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/hub"
)

func TestSignedClaimsComeBack(t *testing.T) {
	exp := time.Now().Add(time.Hour).Truncate(time.Second)
	for name, c := range map[string]Claims{
		"player": {Subject: "21CS042", Name: "Sainadh <x> & é", Roles: []hub.Role{hub.Player}, Rooms: []string{"finals"}, Boards: []string{"finals"}, Expires: exp},
		"pusher": {Subject: "j", Name: "j", Roles: []hub.Role{hub.Pusher, hub.Jury}, Source: "judge-1", Expires: exp},
		"member": {Subject: "j", Name: "j", Roles: []hub.Role{hub.Player}, Member: "team", Expires: exp},
		"map":    {Subject: "j", Name: "j", Roles: []hub.Role{hub.Player}, Members: map[string]string{"b": "team"}, Expires: exp},
		"none":   {Subject: "j", Name: "j", Roles: []hub.Role{hub.Player}, Rooms: []string{}, Boards: []string{}, Expires: exp},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := Sign(secret, c)
			if err != nil {
				t.Fatal(err)
			}
			got, err := newVerifier(t, Config{}).Authenticate(token)
			if err != nil {
				t.Fatal(err)
			}
			want := hub.Principal{
				User: c.Subject, Name: c.Name, Roles: c.Roles, Rooms: c.Rooms, Boards: c.Boards,
				Source: c.Source, Member: c.Member, Members: c.Members, Expires: got.Expires,
			}
			if !reflect.DeepEqual(got, want) || !got.Expires.Equal(exp.Add(30*time.Second)) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestSignRefusesWhatAVerifierWould(t *testing.T) {
	good := Claims{Subject: "alok", Roles: []hub.Role{hub.Player}, Expires: time.Now().Add(time.Hour)}
	for name, c := range map[string]struct {
		secret []byte
		change func(*Claims)
		say    string
	}{
		"short secret": {secret[:31], func(*Claims) {}, "31 bytes"},
		"no expiry":    {secret, func(c *Claims) { c.Expires = time.Time{} }, "exp"},
		"no role":      {secret, func(c *Claims) { c.Roles = nil }, "roles"},
		"bad user":     {secret, func(c *Claims) { c.Subject = "a\x00" }, "sub"},
		"too long": {secret, func(c *Claims) {
			for range 100 {
				c.Boards = append(c.Boards, strings.Repeat("b", 64))
			}
		}, "at most 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			claims := good
			c.change(&claims)
			if _, err := Sign(c.secret, claims); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("got %v, want %q in it", err, c.say)
			}
		})
	}
}
