package contest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"rollcall/wire"
)

// The rules of single fields. Errors name the field within its object.

func checkParticipant(p wire.Participant) *wire.Error {
	if err := wire.CheckMember("roll_number", p.RollNumber); err != nil {
		return err
	}
	if strings.TrimSpace(p.StudentName) == "" {
		return &wire.Error{Field: "student_name", Message: "is required"}
	}
	if err := wire.CheckText("student_name", p.StudentName); err != nil {
		return err
	}
	return wire.CheckText("department", p.Department)
}

var colorForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func checkProblem(p wire.Problem) *wire.Error {
	if err := wire.CheckName("id", p.ID); err != nil {
		return err
	}
	if err := wire.CheckText("label", p.Label); err != nil {
		return err
	}
	if err := wire.CheckText("name", p.Name); err != nil {
		return err
	}
	if p.Color != "" && !colorForm.MatchString(p.Color) {
		return &wire.Error{Field: "color", Message: `must be as "#2f6fdf", in quotes`}
	}
	if !statement(p.Statement) {
		return &wire.Error{Field: "statement", Message: fmt.Sprintf("must be plain text of at most %d bytes, without control or bidi characters other than line breaks and tabs", MaxStatement)}
	}
	if p.URL != "" && !pageURL(p.URL) {
		return &wire.Error{Field: "url", Message: fmt.Sprintf("must be an address of at most %d bytes that starts with https://, http:// or one /", MaxURL)}
	}
	if !(p.Points >= 0 && p.Points <= wire.MaxScore) { // also not NaN
		return &wire.Error{Field: "points", Message: "must be a number, 0 to 2^53"}
	}
	return nil
}

func statement(s string) bool {
	if len(s) > MaxStatement || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
	})
}

// pageURL allows what a link of a page may point to, so never a script.
func pageURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || len(s) > MaxURL || strings.ContainsAny(s, "\\ ") {
		return false
	}
	if u.Scheme == "" {
		return u.Host == "" && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
