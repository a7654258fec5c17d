package wire_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rollcall/wire"
)

var badMembers = []string{
	"", ".", "..", "a\x00b", "a\nb", "\x7f", "a\u0085", "a\u202eb", "\u2066x", "\u200f", "a\u2028", "a\ufffd", "\xff", "a\xc3", "\xed\xa0\x80",
	strings.Repeat("m", 129), strings.Repeat("ü", 65),
}

var goodMembers = []string{
	"a", "...", "a b", " ", "a/b", "a%2Fb", "日本", "🏆", "e\u0301", "\u00e9", strings.Repeat("m", 128), strings.Repeat("ü", 64), `"`, "{}", "\u200d",
}

func TestMembers(t *testing.T) {
	for _, m := range badMembers {
		if fault := wire.CheckMember("member", m); fault == nil || fault.Code != wire.BadName || fault.Field != "member" {
			t.Errorf("%q: %v", m, fault)
		}
	}
	for _, m := range goodMembers {
		if fault := wire.CheckMember("member", m); fault != nil {
			t.Errorf("%q: %v", m, fault)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range append(badMembers, goodMembers...) {
		f.Add(s)
	}
	f.Add("contest-2026_A")
	f.Fuzz(func(t *testing.T, s string) {
		if wire.CheckName("board", s) == nil {
			for _, c := range s {
				if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", c) {
					t.Fatalf("name %q", s)
				}
			}
			if len(s) < 1 || len(s) > wire.MaxName || wire.CheckMember("m", s) != nil || wire.CheckID("id", s) != nil {
				t.Fatalf("the name %q is no member or id", s)
			}
		}
		if wire.CheckMember("member", s) == nil {
			if !utf8.ValidString(s) || len(s) > wire.MaxMember || strings.ContainsAny(s, "\x00\r\n\u2028\ufffd") {
				t.Fatalf("member %q", s)
			}
			if wire.CheckText("name", s) != nil {
				t.Fatalf("the member %q is no text", s)
			}
		}
	})
}
