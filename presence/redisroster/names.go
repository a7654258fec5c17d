package redisroster

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/presence"
)

// Limits of what is stored.
const (
	maxRoom = 64  // bytes, of a room or a node
	maxUser = 128 // bytes
	maxName = 256 // bytes, of what is shown of a user
)

// us stands between the parts of a key's members. No name may hold it, and it
// sorts before all that they may hold.
const us = "\x1f"

// fieldOf names a user in a room.
func fieldOf(p presence.Place) string { return p.Room + us + p.User }

// holderOf names a holder.
func holderOf(p presence.Place, node string) string { return p.Room + us + p.User + us + node }

// placeOf is what a field names.
func placeOf(field string) presence.Place {
	room, user, _ := strings.Cut(field, us)
	return presence.Place{Room: room, User: user}
}

func checkPlace(p presence.Place) error {
	if err := checkID("room", p.Room); err != nil {
		return err
	}
	return checkUser(p.User)
}

func checkID(field, s string) error {
	valid := len(s) > 0 && len(s) <= maxRoom
	for i := range len(s) {
		c := s[i] | 0x20 // lower case
		valid = valid && (c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '_' || s[i] == '-')
	}
	if !valid {
		return fmt.Errorf("%s %.80q: must be 1 to %d of a-z, A-Z, 0-9, _ and -", field, s, maxRoom)
	}
	return nil
}

func checkUser(s string) error {
	if s == "" || len(s) > maxUser || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("user %.160q: must be 1 to %d bytes of UTF-8 without control characters", s, maxUser)
	}
	return nil
}

func checkJoin(j presence.Join) error {
	if len(j.Meta.Name) > maxName {
		return fmt.Errorf("name of user %.160q: has %d bytes, must be at most %d", j.User, len(j.Meta.Name), maxName)
	}
	return checkPlace(j.Place)
}
