package jwtauth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"rollcall/hub"
)

const (
	keyPrefix  = "rk_"
	hashPrefix = "sha256:"
)

// Hash is the SHA-256 of an API key's text. A plain hash is enough because a
// key is 256 random bits, which nobody can guess from it.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

func parseHash(text string) (Hash, error) {
	var h Hash
	digits, ok := strings.CutPrefix(text, hashPrefix)
	if !ok || len(digits) != 2*len(h) {
		return h, fmt.Errorf("must be %s and %d hex digits", hashPrefix, 2*len(h))
	}
	if _, err := hex.Decode(h[:], []byte(digits)); err != nil {
		return h, fmt.Errorf("must be %s and %d hex digits", hashPrefix, 2*len(h))
	}
	return h, nil
}

// NewKey makes an API key. Its text is shown once, its hash goes into the
// file.
func NewKey() (text string, hash Hash) {
	var random [32]byte
	rand.Read(random[:]) // never fails
	text = keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return text, sha256.Sum256([]byte(text))
}

// Key is an API key as the file has it. Its name is the user it acts for.
type Key struct {
	Name   string
	Hash   Hash
	Roles  []hub.Role
	Boards []string // nil = all
	Rooms  []string // nil = all
	Source string   // "" = any
}

func (k *Key) principal() hub.Principal {
	return hub.Principal{User: k.Name, Name: k.Name, Roles: k.Roles, Boards: k.Boards, Rooms: k.Rooms, Source: k.Source}
}

// Line is the key's line for the file that LoadKeys reads.
func (k Key) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "- {name: %q, hash: %q, roles: %s", k.Name, k.Hash, flow(k.Roles))
	if k.Boards != nil {
		fmt.Fprintf(&b, ", boards: %s", flow(k.Boards))
	}
	if k.Rooms != nil {
		fmt.Fprintf(&b, ", rooms: %s", flow(k.Rooms))
	}
	if k.Source != "" {
		fmt.Fprintf(&b, ", source: %q", k.Source)
	}
	b.WriteString("}")
	return b.String()
}

func flow[T ~string](items []T) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = fmt.Sprintf("%q", string(item))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Check refuses a key that a Verifier would not accept.
func (k Key) Check() error {
	if k.Name == "" {
		return errors.New("name is missing")
	}
	p := k.principal()
	return check(&p, fieldNames{user: "name"})
}

func checkKeys(keys []Key) error {
	names, hashes := map[string]bool{}, map[Hash]bool{}
	for _, k := range keys {
		if err := k.Check(); err != nil {
			return err
		}
		if names[k.Name] {
			return fmt.Errorf("API key %q stands twice", k.Name)
		}
		if hashes[k.Hash] {
			return fmt.Errorf("API key %q has the hash of another", k.Name)
		}
		names[k.Name], hashes[k.Hash] = true, true
	}
	return nil
}
