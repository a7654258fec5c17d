package leaderboard

import (
	"encoding/json"
	"errors"
	"fmt"
)

// The canonical encoding of a delta is what its chain is made of and what a
// store may keep. Integers are varints, texts are prefixed with their length,
// floats are their 8 bytes, cells stand in the order of their keys.

var errCorrupt = errors.New("not a valid encoding")

// AppendDelta appends the canonical encoding of a delta, without its chains.
func AppendDelta(dst []byte, d Delta) []byte {
	dst, _ = appendDelta(dst, d)
	return dst
}

func appendDelta(dst []byte, d Delta) ([]byte, []int) {
	dst = appendString(dst, d.Epoch)
	dst = appendUint(dst, d.From)
	dst = appendUint(dst, d.To)
	dst = appendBool(dst, d.Rules != nil)
	if d.Rules != nil {
		dst = AppendRules(dst, *d.Rules)
	}
	dst = appendUint(dst, uint64(len(d.Rows)))
	at := make([]int, 0, len(d.Rows)+1)
	for i := range d.Rows {
		at = append(at, len(dst))
		dst = AppendRow(dst, &d.Rows[i])
	}
	return dst, append(at, len(dst))
}

// DecodeDelta reads what AppendDelta wrote and sets the chains: prev is the
// chain before it, and the chain after it follows from the bytes.
func DecodeDelta(prev string, b []byte) (Delta, error) {
	r := reader{b: b}
	d := Delta{Epoch: r.text(), From: r.uint(), To: r.uint(), PrevChain: prev, Chain: NextChain(prev, b)}
	if r.bool() {
		rules := r.rules()
		d.Rules = &rules
	}
	n := r.uint()
	if n > uint64(len(b)) { // a row takes more than a byte
		return Delta{}, fmt.Errorf("delta: %w", errCorrupt)
	}
	if n > 0 {
		d.Rows = make([]Row, 0, n)
	}
	for range n {
		d.Rows = append(d.Rows, r.row())
	}
	if err := r.end(); err != nil {
		return Delta{}, fmt.Errorf("delta: %w", err)
	}
	return d, nil
}

// AppendRow appends the canonical encoding of a row.
func AppendRow(dst []byte, row *Row) []byte {
	dst = appendString(dst, row.Member)
	dst = appendBool(dst, row.Removed)
	if row.Removed {
		return dst
	}
	dst = appendFloat(dst, row.Score)
	dst = appendInt(dst, row.Tie)
	dst = appendString(dst, row.Name)
	dst = appendString(dst, row.Group)
	return appendCells(dst, row.Cells)
}

// DecodeRow reads what AppendRow wrote.
func DecodeRow(b []byte) (Row, error) {
	r := reader{b: b}
	row := r.row()
	if err := r.end(); err != nil {
		return Row{}, fmt.Errorf("row: %w", err)
	}
	return row, nil
}

// AppendRules appends the canonical encoding of rules.
func AppendRules(dst []byte, rules Rules) []byte {
	b, _ := json.Marshal(rules) // strings alone: cannot fail
	return appendString(dst, string(b))
}

func (r *reader) rules() Rules {
	var rules Rules
	if text := r.text(); r.err == nil {
		r.err = json.Unmarshal([]byte(text), &rules)
	}
	return rules
}

func (r *reader) row() Row {
	row := Row{Entry: Entry{Member: r.text()}, Removed: r.bool()}
	if row.Removed {
		return row
	}
	row.Score = r.float()
	row.Tie = r.int()
	row.Name = r.text()
	row.Group = r.text()
	row.Cells = r.cells()
	return row
}
