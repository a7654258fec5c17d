package redisboard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/leaderboard"
	"rollcall/leaderboard/redisboard"
	"rollcall/redisconn/redistest"
)

// However long its entries are, the changelog is read in pages of a few
// megabytes; short entries come a thousand at once.
func TestPagesOfTheChangelogAreBounded(t *testing.T) {
	server, pages := redistest.Start(t), 0
	cfg := redisboard.Config{Observe: func(script string, _ time.Duration, _ int) {
		if script == "changes" {
			pages++
		}
	}}
	s := newStore(t, server, cfg)
	start := mustPut(t, s, board, leaderboard.Rules{}).Head
	const small, large = 2500, 32
	seq := uint64(0)
	for range small {
		seq++
		mustApply(t, s, add("s", seq, "m", 1))
	}
	middle, _ := mustRead(t, s)
	for i := range large {
		var batch []leaderboard.Event
		for j := range redisboard.MaxBatch {
			seq++
			e := add("s", seq, fmt.Sprint("n", j), 1)
			e.Cells = leaderboard.Cells{}
			for k := range 15 {
				e.Cells[fmt.Sprint("c", k)] = []byte(`"` + strings.Repeat(string('a'+rune(i%26)), 500) + `"`)
			}
			batch = append(batch, e)
		}
		mustApply(t, s, batch...)
	}
	last, entries := mustRead(t, s)

	pages = 0
	at, folded := mustFold(t, s, start)
	if at != last {
		t.Errorf("the changelog leads to %+v, not %+v", at, last)
	}
	wantSameBoard(t, folded, entries)
	if want := 3 + large/8; pages < want-1 || pages > want+1 {
		t.Errorf("%d pages, want about %d", pages, want)
	}
	pages = 0
	if at, _ := mustFold(t, s, middle); at != last || pages < large/8 || pages > large/8+1 {
		t.Errorf("the large entries came in %d pages, to %+v", pages, at)
	}
}
