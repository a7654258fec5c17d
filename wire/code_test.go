package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollcall/wire"
)

// constants returns the values of the constants of a package's files whose
// name begins with prefix.
func constants(t testing.TB, pattern, prefix string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) || len(spec.Values) != 1 {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				found[spec.Names[0].Name] = strings.Trim(lit.Value, `"`)
			}
			return true
		})
	}
	if len(found) == 0 {
		t.Fatalf("no constant %s… in %s", prefix, pattern)
	}
	return found
}

func TestEveryCodeOfTheBoardsIsKnown(t *testing.T) {
	for name, code := range constants(t, "../leaderboard/*.go", "Code") {
		if !wire.Code(code).Known() {
			t.Errorf("leaderboard.%s = %q is not in the table", name, code)
		}
	}
}

func TestEveryCodeHasAStatusThatFits(t *testing.T) {
	codes := wire.Codes()
	if len(codes) < 30 {
		t.Fatalf("%d codes", len(codes))
	}
	for _, c := range codes {
		status := c.Status()
		if !c.Known() || status < 400 || status > 599 {
			t.Errorf("%s: status %d", c, status)
		}
		if status == 503 && !c.Transient() {
			t.Errorf("%s: a 503 that is not transient", c)
		}
		if c.Transient() && status < 500 && c != wire.RateLimited && c != wire.Forbidden {
			t.Errorf("%s: transient with status %d", c, status)
		}
	}
	for name, code := range constants(t, "code.go", "") {
		if c := wire.Code(code); strings.Contains(code, "_") && !c.Known() {
			t.Errorf("%s = %q is not in the table", name, code)
		}
	}
	if unknown := wire.Code("no_such_code"); unknown.Known() || unknown.Status() != 500 || unknown.Transient() {
		t.Error("a code outside the table is taken for one of it")
	}
}

func TestErrorSaysCodeFieldAndWhy(t *testing.T) {
	e := &wire.Error{Code: wire.BadName, Field: "member", Message: "must be 1 to 128 bytes"}
	if got := e.Error(); got != "bad_name: member: must be 1 to 128 bytes" {
		t.Error(got)
	}
	e.Field = ""
	if got := e.Error(); got != "bad_name: must be 1 to 128 bytes" {
		t.Error(got)
	}
}

func TestEveryCloseCodeHasItsAdvice(t *testing.T) {
	table := wire.CloseTable()
	for name, value := range constants(t, "close.go", "Close") {
		code, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(table, func(row wire.CloseAdvice) bool { return row.Code == code })
		if at < 0 {
			t.Errorf("%s = %d has no row", name, code)
			continue
		}
		if wire.AdviceOn(code) != table[at] || table[at].Meaning == "" {
			t.Errorf("%s: %+v", name, wire.AdviceOn(code))
		}
	}
	if got := len(constants(t, "close.go", "Close")); got != len(table) {
		t.Errorf("%d rows for %d codes", len(table), got)
	}
	if !slices.IsSortedFunc(table, func(a, b wire.CloseAdvice) int { return a.Code - b.Code }) {
		t.Error("the table is not in order")
	}
	if wire.AdviceOn(1006).Return != wire.ReturnNow {
		t.Error("a broken connection must come back now")
	}
	table[0].Return = "x"
	if wire.CloseTable()[0].Return == "x" {
		t.Error("the table can be changed from outside")
	}
}
