package wire

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// CheckName refuses what cannot be the name of a board, room or source:
// [a-zA-Z0-9_-]{1,64}.
func CheckName(field, s string) *Error {
	if len(s) == 0 || len(s) > MaxName {
		return &Error{Code: BadName, Field: field, Message: fmt.Sprintf("must be 1 to %d characters of a-z, A-Z, 0-9, _ and -", MaxName)}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return &Error{Code: BadName, Field: field, Message: fmt.Sprintf("must be 1 to %d characters of a-z, A-Z, 0-9, _ and -", MaxName)}
		}
	}
	return nil
}

// CheckMember refuses what cannot be the id of a member or user: 1 to 128
// bytes of UTF-8 without control, bidi or replacement characters, not "." or
// "..".
func CheckMember(field, s string) *Error {
	switch {
	case s == "" || len(s) > MaxMember:
		return &Error{Code: BadName, Field: field, Message: fmt.Sprintf("must be 1 to %d bytes", MaxMember)}
	case s == "." || s == "..":
		return &Error{Code: BadName, Field: field, Message: "must not be . or .."}
	case !plain(s):
		return &Error{Code: BadName, Field: field, Message: "must be UTF-8 without control, bidi or replacement characters"}
	}
	return nil
}

// CheckID refuses what cannot be the id of an event: 1 to 64 bytes, plain as a
// member's.
func CheckID(field, s string) *Error {
	if s == "" || len(s) > MaxID || !plain(s) {
		return &Error{Code: BadIdentity, Field: field, Message: fmt.Sprintf("must be 1 to %d bytes of UTF-8 without control characters", MaxID)}
	}
	return nil
}

// CheckText refuses a shown text (name, group, title) over 256 bytes or with
// control or bidi characters.
func CheckText(field, s string) *Error {
	if len(s) > MaxText {
		return &Error{Code: TooLong, Field: field, Message: fmt.Sprintf("must be at most %d bytes", MaxText)}
	}
	if !plain(s) {
		return &Error{Code: BadName, Field: field, Message: "must be UTF-8 without control, bidi or replacement characters"}
	}
	return nil
}

// plain reports whether s is UTF-8 without control and bidi characters. The
// replacement character is refused too: encoding/json writes it for every
// broken surrogate, so two ids would become one.
func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}
