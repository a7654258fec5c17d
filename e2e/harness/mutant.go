package harness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Binary is the file of a program to start hubs from; "" is the program as it
// is.
type Binary string

// Edit replaces a text of a source file, which must stand there exactly once.
type Edit struct {
	File     string // from the module's root
	Old, New string
}

// Mutant builds the program with other sources than those in the tree, which
// it does not touch. It has no race detector.
func Mutant(tb testing.TB, edits ...Edit) Binary {
	tb.Helper()
	dir := tb.TempDir()
	root, err := filepath.Abs(Root(tb))
	if err != nil {
		tb.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{Replace: map[string]string{}}
	texts := map[string]string{}
	for _, e := range edits {
		text, known := texts[e.File]
		if !known {
			raw, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				tb.Fatal(err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			tb.Fatalf("mutant: %s has the text %d times; want once:\n%s", e.File, n, e.Old)
		}
		texts[e.File] = strings.Replace(text, e.Old, e.New, 1)
	}
	for file, text := range texts {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, file)] = path
	}
	raw, err := json.Marshal(overlay)
	if err != nil {
		tb.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, raw, 0o600); err != nil {
		tb.Fatal(err)
	}
	binary := filepath.Join(dir, "rollcall")
	if err := build(binary, "-overlay", list); err != nil {
		tb.Fatalf("build a mutant: %v", err)
	}
	return Binary(binary)
}
