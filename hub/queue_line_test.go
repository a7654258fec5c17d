package hub

import (
	"fmt"
	"strings"
	"testing"

	"rollcall/leaderboard"
)

// Jobs are written as sender, level (m, r) and events: "a:r3".
func TestBatchIsOfOneLevelAndKeepsEachSendersOrder(t *testing.T) {
	for _, c := range []struct{ line, batch, left string }{
		{"", "", ""},
		{"a:m1 b:m2 c:m1", "a:m1 b:m2 c:m1", ""},
		{"a:m4 b:m4 c:m1", "a:m4 b:m4", "c:m1"},
		{"a:m9 b:m1", "a:m9", "b:m1"}, // one job is a batch, whatever its size
		{"a:m1 b:r1 c:m1 d:r1", "a:m1 c:m1", "b:r1 d:r1"},
		{"a:r1 b:m1 c:r1", "a:r1 c:r1", "b:m1"},
		{"a:m1 b:r1 b:m1 c:m1", "a:m1 c:m1", "b:r1 b:m1"},           // b keeps its order
		{"a:m1 -:r1 -:m1", "a:m1 -:m1", "-:r1"},                     // who waits for its answers needs none
		{"a:m4 b:r1 c:m4 d:m1 e:r1", "a:m4 c:m4", "b:r1 d:m1 e:r1"}, // full
		{"a:m1 b:r1 c:m1 b:m1 d:m1", "a:m1 c:m1 d:m1", "b:r1 b:m1"}, // others pass b
		{"a:m1 b:r1 c:m9 d:m1", "a:m1", "b:r1 c:m9 d:m1"},           // nobody passes who found no room
		{"a:r8 b:m1 c:m1 d:m1 e:m1", "a:r8", "b:m1 c:m1 d:m1 e:m1"}, //
		{"a:m1 a:m1 a:r1 a:m1 a:r1", "a:m1 a:m1", "a:r1 a:m1 a:r1"}, //
		{"a:m2 b:r1 c:m2 d:m4 e:m4", "a:m2 c:m2 d:m4", "b:r1 e:m4"}, //
		{"b:r1 a:m1 c:r1 a:r1 d:r1", "b:r1 c:r1 d:r1", "a:m1 a:r1"}, //
		{"a:m1 b:r1 -:r1 -:m1 c:m1 b:m1", "a:m1 -:m1 c:m1", "b:r1 -:r1 b:m1"},
	} {
		l := &line{}
		for text := range strings.FieldsSeq(c.line) {
			l.jobs = append(l.jobs, newJob(t, text))
		}
		jobs, n := l.take(8)
		events := 0
		for _, j := range jobs {
			events += len(j.events)
		}
		if got, left := written(jobs), written(l.jobs); got != c.batch || left != c.left || n != events {
			t.Errorf("of %q: %q (%d events), left %q; want %q, left %q", c.line, got, n, left, c.batch, c.left)
		}
	}
}

func newJob(t testing.TB, text string) job {
	t.Helper()
	var sender, level rune
	var n int
	if _, err := fmt.Sscanf(text, "%c:%c%d", &sender, &level, &n); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	j := job{events: make([]leaderboard.Event, n), level: map[rune]leaderboard.Level{'m': leaderboard.LevelMemory, 'r': leaderboard.LevelReplica}[level]}
	if sender != '-' {
		j.sender = sender
	}
	return j
}

func written(jobs []job) string {
	var all []string
	for _, j := range jobs {
		sender := '-'
		if j.sender != nil {
			sender = j.sender.(rune)
		}
		all = append(all, fmt.Sprintf("%c:%c%d", sender, j.level[0], len(j.events)))
	}
	return strings.Join(all, " ")
}
