package leaderboard

import (
	"bytes"
	"maps"
)

// MaxCellBytes bounds all cells of a row, as the JSON object they make.
const MaxCellBytes = 8 << 10

// merge returns the cells with those of an event laid over them, and whether
// that changed anything. A null cell deletes. c itself is not changed.
func (c Cells) merge(over Cells) (merged Cells, changed bool, refusal *Refusal) {
	for k, v := range over {
		old, had := c[k]
		if deletes(v) && !had || had && !deletes(v) && bytes.Equal(old, v) {
			continue
		}
		if !changed {
			merged, changed = maps.Clone(c), true
		}
		if merged == nil {
			merged = make(Cells, len(over))
		}
		if deletes(v) {
			delete(merged, k)
			continue
		}
		merged[k] = v
	}
	switch {
	case !changed:
		return c, false, nil
	case merged.size() > MaxCellBytes:
		return c, false, RefuseCells()
	case len(merged) == 0:
		return nil, true, nil
	}
	return merged, true, nil
}

func deletes(v []byte) bool { return v == nil || string(v) == "null" }

// size is the length of the JSON object {"key":value,…}, but for characters
// of keys that JSON escapes.
func (c Cells) size() int {
	n := 1
	for k, v := range c {
		n += len(k) + len(v) + len(`"":,`)
	}
	return n
}
