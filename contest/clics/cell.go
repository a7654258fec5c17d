package clics

import (
	"encoding/json"
	"fmt"
	"time"

	"rollcall/wire"
)

// cell is what a team did on one problem.
type cell struct {
	judged  int   // up to and including the first accepted
	pending int   // before the first accepted
	solved  bool  // an accepted one is among them
	minute  int64 // of the accepted one
}

// json is the cell as the board holds it; nil, a null, where nothing counts.
func (c cell) json() json.RawMessage {
	switch {
	case c == cell{}:
		return json.RawMessage("null")
	case c.solved:
		return fmt.Appendf(nil, `{"judged":%d,"pending":%d,"solved":true,"time":%d}`, c.judged, c.pending, c.minute)
	}
	return fmt.Appendf(nil, `{"judged":%d,"pending":%d,"solved":false}`, c.judged, c.pending)
}

// row is what a team did so far.
type row struct {
	cells     map[ident]cell
	penalized map[ident]int // rejections that cost, before the accepted one
	standing
}

// standing is what ranks a row.
type standing struct {
	solved int64
	total  int64 // minutes, with penalties
	last   int64 // minute of the last accepted
}

// lastBits is the room of the last minute in a tie, as the event contract says:
// 2^20 minutes are two years.
const lastBits = 20

// tie packs total and last so that the lower ranks higher.
func (s standing) tie() int64 {
	last := min(s.last, 1<<lastBits-1)
	total := min(s.total, int64(wire.MaxScore)>>lastBits-1)
	return total<<lastBits + last
}

// sum is the standing that the row's cells make.
func (r *row) sum(penalty time.Duration) standing {
	var s standing
	var cost time.Duration
	for id, c := range r.cells {
		if !c.solved {
			continue
		}
		s.solved++
		s.total += c.minute
		s.last = max(s.last, c.minute)
		cost += time.Duration(r.penalized[id]) * penalty
	}
	s.total += int64(cost / time.Minute)
	return s
}
