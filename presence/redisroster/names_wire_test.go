package redisroster

import (
	"strings"
	"testing"

	"rollcall/presence"
	"rollcall/wire"
)

// FuzzWhatTheWireTakesTheRosterTakes: one name that the hub lets in and the
// roster does not would fail every batch that it is in, for ever.
func FuzzWhatTheWireTakesTheRosterTakes(f *testing.F) {
	f.Add("r", "u", "n")
	f.Add(strings.Repeat("R", 64), strings.Repeat("é", 64), strings.Repeat("\U0001f642", 64))
	f.Add("-", " ", "")
	f.Add("_", "u\u00ad\u200b\ufeff", "\u00a0")
	f.Add("r", "u\u202e", "\u2066")
	f.Add("r", "\x7f", "\x1f")
	f.Add("r", "\xff", "\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, room, user, name string) {
		if wire.CheckName("room", room) != nil || wire.CheckMember("user", user) != nil || wire.CheckText("name", name) != nil {
			t.Skip()
		}
		if err := checkJoin(presence.Join{Place: at(room, user), Meta: presence.Meta{Name: name}}); err != nil {
			t.Error(err)
		}
	})
}
