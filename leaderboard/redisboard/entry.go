package redisboard

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"rollcall/leaderboard"
)

var errDamaged = errors.New("not what a script wrote")

// entry is one entry of the changelog.
type entry struct {
	to, from, chain, rules, rows string
}

// delta reads an entry that follows a chain. The chain of the entry must be
// that of its content.
func (e entry) delta(epoch, before string) (leaderboard.Delta, error) {
	d := leaderboard.Delta{Epoch: epoch, PrevChain: before, Chain: e.chain}
	if e.chain != nextChain(before, e) {
		return d, fmt.Errorf("%w: it does not fit its chain", errDamaged)
	}
	var err error
	if d.From, err = parseUint(e.from); err != nil {
		return d, err
	}
	if d.To, err = parseUint(e.to); err != nil {
		return d, err
	}
	if d.From >= d.To {
		return d, fmt.Errorf("%w: it leads from version %d to %d", errDamaged, d.From, d.To)
	}
	if e.rules != "" {
		d.Rules = new(leaderboard.Rules)
		if err := json.Unmarshal([]byte(e.rules), d.Rules); err != nil {
			return d, fmt.Errorf("%w: rules: %w", errDamaged, err)
		}
	}
	d.Rows, err = unpackRows(e.rows)
	return d, err
}

// firstChain is the chain that an epoch begins with, at any version.
func firstChain(epoch string) string { return sha1Hex(epoch) }

// nextChain is what the scripts apply and put make of the chain before.
func nextChain(before string, e entry) string {
	rules := ""
	if e.rules != "" {
		rules = sha1Hex(e.rules)
	}
	return sha1Hex(before + "\n" + e.from + "\n" + e.to + "\n" + rules + "\n" + sha1Hex(e.rows))
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// unpackRows reads a list of (member, row), nothing for none.
func unpackRows(b string) ([]leaderboard.Row, error) {
	if b == "" {
		return nil, nil
	}
	n, b, ok := unpackList(b)
	if !ok || n == 0 || n%2 != 0 {
		return nil, fmt.Errorf("%w: no list of rows", errDamaged)
	}
	rows := make([]leaderboard.Row, n/2)
	for i := range rows {
		var text string
		if rows[i].Member, b, ok = unpackText(b); ok {
			text, b, ok = unpackText(b)
		}
		if !ok {
			return nil, fmt.Errorf("%w: row %d is cut", errDamaged, i)
		}
		if rows[i].Removed = text == ""; rows[i].Removed {
			continue
		}
		if err := readRow(&rows[i].Entry, text); err != nil {
			return nil, fmt.Errorf("row of %.200q: %w", rows[i].Member, err)
		}
	}
	if b != "" {
		return nil, fmt.Errorf("%w: %d bytes after the rows", errDamaged, len(b))
	}
	return rows, nil
}

// readRow reads a member's line: score (its length in a byte, its text), tie (8
// bytes), then the details, packed: name, group, each cell.
func readRow(e *leaderboard.Entry, row string) (err error) {
	const tieBytes = 8
	n := 0
	if row != "" {
		n = int(row[0])
	}
	if len(row) < 1+n+tieBytes {
		return fmt.Errorf("%w: a row of %d bytes", errDamaged, len(row))
	}
	if e.Score, err = strconv.ParseFloat(row[1:1+n], 64); err != nil {
		return fmt.Errorf("%w: score: %w", errDamaged, err)
	}
	row = row[1+n:]
	e.Tie = int64(binary.BigEndian.Uint64([]byte(row[:tieBytes])))
	return readDetails(e, row[tieBytes:])
}

func readDetails(e *leaderboard.Entry, b string) error {
	if b == "" {
		return nil
	}
	var texts []string
	for b != "" {
		text, rest, ok := unpackText(b)
		if !ok {
			return fmt.Errorf("%w: details are cut", errDamaged)
		}
		texts, b = append(texts, text), rest
	}
	if len(texts) < 2 || len(texts)%2 != 0 {
		return fmt.Errorf("%w: %d details", errDamaged, len(texts))
	}
	e.Name, e.Group = texts[0], texts[1]
	if cells := texts[2:]; len(cells) > 0 {
		e.Cells = make(leaderboard.Cells, len(cells)/2)
		for i := 0; i < len(cells); i += 2 {
			e.Cells[cells[i]] = json.RawMessage(cells[i+1])
		}
	}
	return nil
}

func parseUint(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return v, nil
}
