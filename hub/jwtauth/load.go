package jwtauth

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"rollcall/hub"
)

// maxFile bounds a secret's or key file. Bytes.
const maxFile = 1 << 20

// LoadSecret reads an HS256 secret: all bytes of the file but the line ends at
// its end.
func LoadSecret(path string) ([]byte, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	secret := bytes.TrimRight(data, "\r\n")
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("%s: the secret has %d bytes, at least %d are needed (openssl rand -hex 32 makes a good one)", path, len(secret), MinSecret)
	}
	return secret, nil
}

// LoadKeys reads a file of API keys: a YAML list, one key an item, as
// Key.Line writes them:
//
//   - {name: judge-1, hash: "sha256:…", roles: [pusher], boards: [finals], source: judge-1}
//
// Errors name the line and the field.
func LoadKeys(path string) ([]Key, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: is over %d bytes", path, maxFile)
	}
	return data, nil
}

// keyItem is an item of the file.
type keyItem struct {
	Name   string     `yaml:"name"`
	Hash   string     `yaml:"hash"`
	Roles  []hub.Role `yaml:"roles"`
	Boards []string   `yaml:"boards"`
	Rooms  []string   `yaml:"rooms"`
	Source string     `yaml:"source"`
}

func parseKeys(data []byte) ([]Key, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, bare(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, fmt.Errorf("must be one YAML list of keys")
	}
	items, ok := file.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil, fmt.Errorf("line %d: must be a YAML list of keys", file.Docs[0].Body.GetToken().Position.Line)
	}
	var keys []Key
	for _, node := range items.Values {
		key, err := parseKey(node)
		if err == nil {
			keys = append(keys, key)
			err = checkKeys(keys)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", node.GetToken().Position.Line, err)
		}
	}
	return keys, nil
}

func parseKey(node ast.Node) (Key, error) {
	var item keyItem
	if err := yaml.NodeToValue(node, &item, yaml.Strict()); err != nil {
		return Key{}, bare(err)
	}
	hash, err := parseHash(item.Hash)
	if err != nil {
		return Key{}, fmt.Errorf("hash: %w", err)
	}
	key := Key{Name: item.Name, Hash: hash, Roles: item.Roles, Boards: item.Boards, Rooms: item.Rooms, Source: item.Source}
	return key, key.Check()
}

// bare drops the excerpt of the file that the library adds: someone may have
// pasted a key into it.
func bare(err error) error {
	return fmt.Errorf("%s", yaml.FormatError(err, false, false))
}
