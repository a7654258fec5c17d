package clics_test

import (
	"strings"
	"testing"
	"time"

	"rollcall/contest/clics"
)

func TestPenaltyCountsEarlierRejectionsThatCost(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "WA", ""),
		sub("s2", "1", "p", "0:20:00"), jud("j2", "s2", "CE", ""),
		sub("s3", "1", "p", "0:30:59.999"), jud("j3", "s3", "AC", ""),
		sub("s4", "1", "p", "0:40:00"), jud("j4", "s4", "WA", ""))
	wantStory(t, r,
		"1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0),
		"1 0/0/0 p"+open(1, 1), "1 0/0/0 p"+open(2, 0),
		"1 0/0/0 p"+open(2, 1), "1 1/50/30 p"+done(3, 0, 30))
}

func TestRejectionsOfUnsolvedProblemsCostNothing(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "WA", ""),
		sub("s2", "1", "q", "0:12:00"), jud("j2", "s2", "AC", ""))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0), "1 0/0/0 q"+open(0, 1), "1 1/12/12 q"+done(1, 0, 12))
}

func TestTieHoldsTotalAndMinuteOfTheLastAccepted(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s1", "AC", ""), jud("j2", "s2", "AC", ""),
		sub("s1", "1", "p", "1:00:00"), sub("s2", "1", "q", "0:30:00"))
	wantStory(t, r, "1 1/60/60 p"+done(1, 0, 60), "1 2/90/60 q"+done(1, 0, 30))
	if tie := *r.Events[3].Event.Tie; tie != 90*1048576+60 {
		t.Errorf("tie %d", tie)
	}
}

func TestJudgingErrorIsPending(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "JE", ""))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1))
}

func TestSubmissionsCountByContestTimeNotByLine(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s1", "AC", ""), jud("j2", "s2", "WA", ""),
		sub("s1", "1", "p", "0:30:00"), sub("s2", "1", "p", "0:20:00"))
	wantStory(t, r, "1 1/30/30 p"+done(1, 0, 30), "1 1/50/30 p"+done(2, 0, 30))
}

func TestEqualContestTimesCountByAppearance(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s9", "WA", ""), jud("j2", "s1", "AC", ""),
		sub("s9", "1", "p", "0:30:00"), sub("s1", "1", "p", "0:30:00"),
		sub("s9", "1", "p", "0:30:00")) // resent: keeps its place
	wantStory(t, r, "1 0/0/0 p"+open(1, 0), "1 1/50/30 p"+done(2, 0, 30))
}

func TestSubmissionBeforeTheStartIsOfMinuteZero(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s1", "AC", ""), sub("s1", "1", "p", "-17:58:00.5"))
	wantStory(t, r, "1 1/0/0 p"+done(1, 0, 0))
	if at := r.Events[2].At; at != 0 {
		t.Errorf("at %v", at)
	}
}

func TestSubmissionAtTheEndNeverCounts(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "5:00:00"), jud("j1", "s1", "AC", ""),
		sub("s2", "2", "p", "04:59:59.999"), jud("j2", "s2", "AC", ""))
	wantStory(t, r, "2 0/0/0 p"+open(0, 1), "2 1/299/299 p"+done(1, 0, 299))
}

func TestSubmissionMovedPastTheEndLeavesTheBoard(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "4:00:00"), sub("s1", "1", "p", "5:00:01"))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 pnull")
}

func TestPendingBeforeTheFirstAcceptedStaysPending(t *testing.T) {
	r := newReplay(t, head, jud("j2", "s2", "AC", ""), sub("s1", "1", "p", "0:10:00"), sub("s2", "1", "p", "0:20:00"),
		sub("s3", "1", "p", "0:25:00"), jud("j1", "s1", "AC", ""))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 1/20/20 p"+done(1, 1, 20), "1 1/10/10 p"+done(1, 0, 10))
}

func TestPenaltyTimeInEveryForm(t *testing.T) {
	for form, total := range map[string]string{`20`: "21", `"0:20:00.000"`: "21", `"00:05:00"`: "6", `0`: "1", `null`: "1"} {
		contest := strings.Replace(head, `"penalty_time":20`, `"penalty_time":`+form, 1)
		r := newReplay(t, contest, jud("j1", "s1", "WA", ""), jud("j2", "s2", "AC", ""),
			sub("s1", "1", "p", "0:00:30"), sub("s2", "1", "p", "0:01:00"))
		wantStory(t, r, "1 0/0/0 p"+open(1, 0), "1 1/"+total+"/1 p"+done(2, 0, 1))
	}
}

func TestContestTimeFromTheClockWhereTheFeedHasNoOther(t *testing.T) {
	for _, start := range []string{"2026-01-01T10:00:00Z", "2026-01-01T05:00:00.000-05", "2026-01-01T12:00:00+0200"} {
		contest := strings.Replace(head, "2026-01-01T10:00:00Z", start, 1)
		r := newReplay(t, contest, jud("j1", "s1", "AC", ""),
			line(`{"type":"submissions","id":"s1","data":{"id":"s1","team_id":"1","problem_id":"p","contest_time":"","time":"2026-01-01T11:01:59Z"}}`))
		wantStory(t, r, "1 1/61/61 p"+done(1, 0, 61))
	}
}

func TestEventTimeIsThatOfTheLine(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00.5"),
		jud("j1", "s1", "WA", `"start_contest_time":"0:10:01","end_contest_time":"0:10:07.25"`),
		sub("s2", "2", "p", "0:09:00"), // late line: time does not go back
		jud("j2", "s2", "WA", ""))
	want := []time.Duration{0, 0, 10*time.Minute + 500*time.Millisecond, 10*time.Minute + 7250*time.Millisecond, 10*time.Minute + 7250*time.Millisecond, 10*time.Minute + 7250*time.Millisecond}
	for i, e := range r.Events {
		if e.At != want[i] {
			t.Errorf("event %d at %v, want %v", i, e.At, want[i])
		}
	}
	if r.Len() != len(want) {
		t.Errorf("%d events, want %d", r.Len(), len(want))
	}
}

func TestTypesTheFeedNeverDefines(t *testing.T) {
	contest := `{"type":"contest","id":"c","data":{"penalty_time":20}}` + "\n" + `{"type":"problems","id":"p","data":{}}` + "\n" + `{"type":"teams","id":"1","data":{}}` + "\n"
	r := newReplay(t, contest, jud("j1", "s1", "CE", ""), jud("j2", "s2", "RTE", ""), jud("j3", "s3", "AC", ""),
		sub("s1", "1", "p", "0:01:00"), sub("s2", "1", "p", "0:02:00"), sub("s3", "1", "p", "0:03:00"))
	wantStory(t, r, "1 0/0/0 p"+open(1, 0), "1 0/0/0 p"+open(2, 0), "1 1/23/3 p"+done(3, 0, 3))
}

func TestOnlyPassFailContests(t *testing.T) {
	_, err := clics.Events(strings.NewReader(`{"type":"contest","id":"c","data":{"scoreboard_type":"score"}}`))
	if err == nil || !strings.Contains(err.Error(), "pass-fail") {
		t.Errorf("got %v", err)
	}
}
