package faults_test

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"rollcall/wire"
)

// stream is a sequence of events of which each shows how often it counted:
// event k adds 4^(k mod 24) to member k div 24, so that digit k mod 24 of the
// member's score, in base 4, is the number of times (up to 3). Some events are
// such that they must be refused; theirs must stay 0.
type stream struct {
	board, name string
	numbered    bool // pushed by one source, in order; else by ids
	kept        bool // pushed by the SDK, whose outbox outlives what the store forgets

	mu      sync.Mutex
	entries []entry // by k; guarded by mu
	forgot  uint64  // acknowledged events that the server then did not know; guarded by mu
}

// entry is what happened to an event.
type entry struct {
	first, last time.Time // sent for the first and the last time
	answered    time.Time // zero: its fate is not known
	acks        int
	result      wire.Result
}

// width is how many events share a member; their sum stays below 2^53.
const width = 24

func (s *stream) member(k int) string { return fmt.Sprintf("%s-%04d", s.name, k/width) }

// bad is the refusal that event k must get, "" for none.
func bad(k int) wire.Code {
	if k%19 != 7 {
		return ""
	}
	return []wire.Code{wire.BadTie, wire.OutOfRange, wire.UnknownMember}[k/19%3]
}

func (s *stream) event(k int) wire.Event {
	by := float64(uint64(1) << (2 * (k % width)))
	e := wire.Event{Member: s.member(k), Op: wire.OpIncr, Score: &by}
	switch bad(k) {
	case wire.BadTie:
		e.Tie = new(int64(1))
	case wire.OutOfRange:
		e.Score = new(1e300)
	case wire.UnknownMember:
		e.Member, e.Op, e.Score, e.Name = "nobody", wire.OpPatch, nil, new("Nobody")
	}
	return e
}

// sent notes that events k to k+n-1 are about to be sent.
func (s *stream) sent(k, n int) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.entries) < k+n {
		s.entries = append(s.entries, entry{first: now})
	}
	for i := k; i < k+n; i++ {
		s.entries[i].last = now
	}
}

// answer notes a final result. What the answer itself proves wrong is returned.
func (s *stream) answer(k int, r wire.Result) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &s.entries[k]
	e.answered, e.result = time.Now(), r
	e.acks++
	want := bad(k)
	switch {
	case want == "" && r.Status == wire.Refused:
		return fmt.Sprintf("%s/%s: event %d is refused: %v", s.board, s.name, k, r.Error)
	case want != "" && (r.Status != wire.Refused || r.Error.Code != want):
		return fmt.Sprintf("%s/%s: event %d is %s (%v); it must be refused as %s", s.board, s.name, k, r.Status, r.Error, want)
	}
	return ""
}

// rewound notes how many events the SDK has sent again because the server had
// forgotten them.
func (s *stream) rewound(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgot = n
}

// look returns what is known of the events so far.
func (s *stream) look() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// tally is what a board holds of a stream, against what was answered.
type tally struct {
	acked, refused, unknown     int
	lost, doubled, wronglyThere int
	worst                       string // one example
}

// compare judges the scores of a board, by member.
func (s *stream) compare(held map[string]uint64) (t tally) {
	for k, e := range s.look() {
		times := held[s.member(k)] >> (2 * (k % width)) & 3
		answered := !e.answered.IsZero()
		was := ""
		switch {
		case bad(k) != "":
			if answered {
				t.refused++
			}
			if times > 0 {
				t.wronglyThere++
				was = "refused and there"
			}
		case times > 1:
			t.doubled++
			was = fmt.Sprintf("counted %d times", times)
		case times == 0 && answered:
			t.lost++
			was = "acknowledged and not there"
		}
		switch {
		case !answered:
			t.unknown++
		case bad(k) == "":
			t.acked++
		}
		if was != "" {
			t.worst = fmt.Sprintf("event %d of %s (%s, sent %s to %s, answered %s: %+v) is %s", k, s.name, s.member(k),
				e.first.Format(clock), e.last.Format(clock), e.answered.Format(clock), e.result, was)
		}
	}
	return t
}

const clock = "15:04:05.000"
