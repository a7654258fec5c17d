package contest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// root parses YAML and returns the top of its one document; nil if it is empty.
func root(data []byte) (ast.Node, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		var ye yaml.Error
		if errors.As(err, &ye) && ye.GetToken() != nil && ye.GetToken().Position != nil {
			return nil, fmt.Errorf("line %d: %s", ye.GetToken().Position.Line, ye.GetMessage())
		}
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	var top ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if top != nil {
			return nil, at(doc.Body, "", "a second document: a contest file has one")
		}
		top = doc.Body
	}
	return top, nil
}

// at is an error about a field, with the line of its node.
func at(n ast.Node, field, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if field != "" {
		msg = field + ": " + msg
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Errorf("line %d: %s", t.Position.Line, msg)
	}
	return errors.New(msg)
}

// fields is what a mapping may hold: a reader for each key.
type fields []fieldReader

type fieldReader struct {
	key  string
	read func(field string, n ast.Node) error
}

func (f fields) keys() string {
	var keys []string
	for _, r := range f {
		keys = append(keys, r.key)
	}
	return strings.Join(keys, ", ")
}

func (f fields) find(key string) func(string, ast.Node) error {
	for _, r := range f {
		if r.key == key {
			return r.read
		}
	}
	return nil
}

// readMapping gives each value to the reader of its key. Null is as if the key
// were not there.
func readMapping(field string, n ast.Node, f fields) error {
	m, ok := n.(ast.MapNode)
	if !ok {
		return at(n, field, "must be a mapping of %s", f.keys())
	}
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		path := strings.TrimPrefix(field+"."+key, ".")
		read := f.find(key)
		switch {
		case read == nil:
			return at(it.Key(), path, "unknown key; allowed are %s", f.keys())
		case seen[key]:
			return at(it.Key(), path, "must stand once")
		}
		seen[key] = true
		if isNull(it.Value()) {
			continue
		}
		if err := read(path, it.Value()); err != nil {
			return err
		}
	}
	return nil
}

// readList gives each element of a list of at most most to read.
func readList(field string, n ast.Node, most int, read func(field string, n ast.Node) error) error {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return at(n, field, "must be a list")
	}
	if len(list.Values) > most {
		return at(n, field, "must be at most %d, are %d", most, len(list.Values))
	}
	for i, v := range list.Values {
		if err := read(fmt.Sprintf("%s[%d]", field, i), v); err != nil {
			return err
		}
	}
	return nil
}

// text reads a scalar as it is written: 007 is "007", 1e3 is "1e3".
func text(into *string) func(string, ast.Node) error {
	return func(field string, n ast.Node) error {
		switch v := n.(type) {
		case *ast.StringNode:
			*into = v.Value
		case *ast.LiteralNode:
			*into = v.Value.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
			*into = v.GetToken().Value
		default:
			return at(n, field, "must be a text (quote it, if it starts with one of & * ! { [)")
		}
		return nil
	}
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null
}
