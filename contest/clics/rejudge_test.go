package clics_test

import "testing"

func TestRejudgeLowersTheRowExactly(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "AC", ""),
		sub("s2", "1", "p", "0:20:00"), jud("j2", "s2", "AC", ""), // after the accepted one: no change
		jud("j1", "s1", "WA", ""),
		jud("j2", "s2", "WA", ""))
	wantStory(t, r,
		"1 0/0/0 p"+open(0, 1), "1 1/10/10 p"+done(1, 0, 10),
		"1 1/40/20 p"+done(2, 0, 20),
		"1 0/0/0 p"+open(2, 0))
}

func TestRejudgeByANewJudgement(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "AC", ""),
		jud("j1", "s1", "AC", `"valid":false`),
		jud("j2", "s1", "", ""), // no change: still pending
		jud("j2", "s1", "WA", ""),
		jud("j2", "s1", "WA", `"current":false`),
		jud("j1", "s1", "AC", `"valid":true,"current":true`))
	wantStory(t, r,
		"1 0/0/0 p"+open(0, 1), "1 1/10/10 p"+done(1, 0, 10),
		"1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0),
		"1 0/0/0 p"+open(0, 1), "1 1/10/10 p"+done(1, 0, 10))
}

func TestJudgementThatStartedLastCounts(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"),
		jud("j1", "s1", "WA", `"start_contest_time":"0:20:00"`),
		jud("j2", "s1", "AC", `"start_contest_time":"0:11:00"`), // superseded already
		jud("j3", "s1", "AC", ""))                               // does not tell its start
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0))
}

func TestOfEqualStartsTheLaterJudgementCounts(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"),
		jud("j1", "s1", "WA", `"start_contest_time":"0:20:00"`),
		jud("j2", "s1", "AC", `"start_contest_time":"0:20:00"`))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0), "1 1/10/10 p"+done(1, 0, 10))
}

func TestResentJudgementKeepsItsPlace(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"),
		jud("j1", "s1", "WA", ""), jud("j2", "s1", "AC", ""), jud("j1", "s1", "WA", ""))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 p"+open(1, 0), "1 1/10/10 p"+done(1, 0, 10))
}

func TestCollectionOfNothing(t *testing.T) {
	r := newReplay(t, head, sub("s1", "1", "p", "0:10:00"), line(`{"type":"submissions","id":null,"data":null}`))
	wantStory(t, r, "1 0/0/0 p"+open(0, 1), "1 0/0/0 pnull")
}

// A rejection that turns from one that costs into one that does not changes the
// row's time while no cell changes.
func TestRejudgeThatChangesOnlyThePenalty(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s1", "WA", ""), jud("j2", "s2", "AC", ""),
		sub("s1", "1", "p", "0:10:00"), sub("s2", "1", "p", "0:20:00"), jud("j1", "s1", "CE", ""))
	wantStory(t, r, "1 0/0/0 p"+open(1, 0), "1 1/40/20 p"+done(2, 0, 20), "1 1/20/20")
}

func TestDeletedObjectsLeaveTheBoard(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "AC", ""),
		line(`{"type":"judgements","id":"j1","data":null}`),
		jud("j2", "s1", "AC", ""),
		line(`{"type":"submissions","id":"s1","data":null}`),
		line(`{"type":"submissions","id":"never","data":null}`))
	wantStory(t, r,
		"1 0/0/0 p"+open(0, 1), "1 1/10/10 p"+done(1, 0, 10), "1 0/0/0 p"+open(0, 1),
		"1 1/10/10 p"+done(1, 0, 10), "1 0/0/0 pnull")
}

func TestSubmissionMovedToAnotherTeamChangesBothRows(t *testing.T) {
	r := newReplay(t, head, jud("j1", "s1", "AC", ""), sub("s1", "2", "p", "0:10:00"), sub("s1", "1", "q", "0:10:00"))
	wantStory(t, r, "2 1/10/10 p"+done(1, 0, 10), "1 1/10/10 q"+done(1, 0, 10), "2 0/0/0 pnull")
}

func TestWholeCollectionReplacesWhatWasThere(t *testing.T) {
	r := newReplay(t, head,
		sub("s1", "1", "p", "0:10:00"), jud("j1", "s1", "AC", ""), sub("s2", "2", "p", "0:11:00"),
		line(`{"type":"submissions","id":null,"data":[{"id":"s3","team_id":"2","problem_id":"q","contest_time":"0:12:00"},{"id":"s2","team_id":"2","problem_id":"p","contest_time":"0:11:00"}]}`),
		line(`{"type":"judgements","data":[{"id":"j3","submission_id":"s3","judgement_type_id":"WA"}]}`))
	wantStory(t, r,
		"1 0/0/0 p"+open(0, 1), "1 1/10/10 p"+done(1, 0, 10), "2 0/0/0 p"+open(0, 1),
		"1 0/0/0 pnull", "2 0/0/0 q"+open(0, 1),
		"2 0/0/0 q"+open(1, 0))
}
