package redisboard

import (
	"errors"
	"fmt"
)

const maxName = 64

var errName = errors.New("must be 1 to 64 characters of a-z, A-Z, 0-9, _ and -")

// keys are the keys of one board.
type keys struct {
	head, scores, rows, seqs, generations, refusals, ids, times, log string

	ended string // outlives the board
}

// keysOf names the keys of a board. No two boards, and no two prefixes, share
// one: a name holds none of the characters between the names.
func (s *Store) keysOf(board string) (keys, error) {
	if err := checkName("prefix", s.cfg.Prefix); err != nil {
		return keys{}, err
	}
	if err := checkName("board", board); err != nil {
		return keys{}, err
	}
	p := s.cfg.Prefix + ":{b:" + board + "}:"
	return keys{
		head: p + "h", scores: p + "z", rows: p + "r", seqs: p + "s", generations: p + "g",
		refusals: p + "x", ids: p + "i", times: p + "w", log: p + "l",
		ended: p + "e",
	}, nil
}

// all are the keys of a board that is there, in the order that scripts take
// them.
func (k keys) all() []string {
	return []string{k.head, k.scores, k.rows, k.seqs, k.generations, k.refusals, k.ids, k.times, k.log}
}

// temporary are the keys of contents that are to become a board's.
func (k keys) temporary(token string) keys {
	t := ":" + token
	return keys{
		scores: k.scores + t, rows: k.rows + t, seqs: k.seqs + t,
		generations: k.generations + t, refusals: k.refusals + t,
	}
}

// contents are the keys that an archive fills, in the order that the script
// restore takes them.
func (k keys) contents() []string {
	return []string{k.scores, k.rows, k.seqs, k.generations, k.refusals}
}

// registry is the key of the set of all names.
func (s *Store) registry() (string, error) {
	return s.cfg.Prefix + ":boards", checkName("prefix", s.cfg.Prefix)
}

func checkName(field, name string) error {
	ok := len(name) > 0 && len(name) <= maxName
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		ok = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
	}
	if !ok {
		return fmt.Errorf("%s %.80q: %w", field, name, errName)
	}
	return nil
}
