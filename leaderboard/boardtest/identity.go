package boardtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"rollcall/leaderboard"
)

var identityTests = map[string]func(*testing.T, Open){
	"NextSeqIsTaken": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantSeq("s", 0)
		f.wantApplied(f.one(incr(1, 5)), 1, 5)
		f.wantApplied(f.one(incr(2, 3)), 2, 8)
		f.wantSeq("s", 2)
	},
	"OlderSeqIsDuplicateWithTheCurrentVersionAndScore": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5), incr(2, 3))
		out := f.apply(incr(1, 5))
		f.wantDuplicate(out.Results[0], 2, 8)
		if out.Delta != nil {
			t.Fatalf("a duplicate made a delta: %+v", out.Delta)
		}
		gone := f.one(leaderboard.Event{Member: "m", Op: leaderboard.Remove, Source: "s", Seq: 3})
		if gone.Status != leaderboard.Applied || gone.Score != nil {
			t.Fatalf("remove: %s", show(gone))
		}
		if dup := f.one(incr(1, 5)); dup.Status != leaderboard.Duplicate || dup.Score != nil {
			t.Fatalf("duplicate for a member that left: %s, want no score", show(dup))
		}
	},
	"LaterSeqIsGapAndTakesNothing": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		out := f.apply(incr(3, 1), incr(4, 1), incr(2, 1), incr(3, 1))
		for _, res := range out.Results[:2] {
			f.wantRefused(res, leaderboard.CodeGap, "seq")
			wantEqual(t, "expected", res.Refusal.Expected, uint64(2))
		}
		f.wantApplied(out.Results[2], 2, 6)
		f.wantApplied(out.Results[3], 3, 7)
	},
	"SeqsAreOfOneSource": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(incr(1, 5))
		other := incr(1, 2)
		other.Source = "t"
		f.wantApplied(f.one(other), 2, 7)
	},
	"RefusalConsumesTheSeqAndIsRepeated": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		patch := leaderboard.Event{Member: "m", Op: leaderboard.Patch, Name: ptr("M"), Source: "s", Seq: 1}
		f.wantRefused(f.one(patch), leaderboard.CodeUnknownMember, "member")
		f.wantSeq("s", 1)
		f.wantApplied(f.one(incr(2, 1)), 1, 1)
		f.wantRefused(f.one(patch), leaderboard.CodeUnknownMember, "member") // the member exists by now
	},
	"FaultFoundAtTheDoorConsumesTheSeq": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		bad := incr(1, 5)
		bad.Refused = &leaderboard.Refusal{Code: "too_long", Field: "name", Message: "must be at most 256 bytes"}
		out := f.apply(bad, incr(2, 1))
		f.wantRefused(out.Results[0], "too_long", "name")
		f.wantApplied(out.Results[1], 1, 1)
		f.wantRefused(f.one(incr(1, 5)), "too_long", "name")
	},
	"TheLast256RefusalsAreRemembered": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(leaderboard.Event{Member: "m", Op: leaderboard.Set, Source: "t", Seq: 1})
		for seq := uint64(1); seq <= leaderboard.MaxRefused+1; seq++ {
			f.one(leaderboard.Event{Member: "nobody", Op: leaderboard.Patch, Source: "s", Seq: seq})
		}
		if res := f.one(incr(1, 5)); res.Status != leaderboard.Duplicate {
			t.Fatalf("seq 1, forgotten: %s", show(res))
		}
		f.wantRefused(f.one(incr(2, 5)), leaderboard.CodeUnknownMember, "member")
	},
	"ForeignEpochIsStaleWithAllThatFollowOfItsSource": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		stale := incr(1, 5)
		stale.Epoch = "another"
		other := incr(1, 1)
		other.Source = "t"
		out := f.apply(stale, incr(1, 5), incr(2, 5), other)
		for _, res := range out.Results[:3] {
			f.wantRefused(res, leaderboard.CodeStaleEpoch, "epoch")
		}
		f.wantApplied(out.Results[3], 1, 1)
		f.wantSeq("s", 0)
		right := incr(1, 5)
		right.Epoch = f.head().Epoch
		f.wantApplied(f.one(right), 2, 6)
	},
	"ClaimFencesTheTwin": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		with := func(e leaderboard.Event, generation uint64) leaderboard.Event {
			e.Generation = generation
			return e
		}
		f.apply(incr(1, 1)) // never claimed: none needed
		before := f.head()
		first, _, err := f.store.Claim(context.Background(), f.name, "s")
		if err != nil || first.Seq != 1 || first.Generation != 1 {
			t.Fatalf("Claim = %+v, %v", first, err)
		}
		f.wantApplied(f.one(with(incr(2, 1), 1)), 2, 2)
		second, head, err := f.store.Claim(context.Background(), f.name, "s")
		if err != nil || second.Seq != 2 || second.Generation != 2 || head.Version != before.Version+1 {
			t.Fatalf("second Claim = %+v, %+v, %v", second, head, err)
		}
		out := f.apply(with(incr(3, 1), 1), with(incr(4, 1), 2))
		f.wantRefused(out.Results[0], leaderboard.CodeFenced, "generation")
		f.wantRefused(out.Results[1], leaderboard.CodeFenced, "generation")
		f.wantApplied(f.one(with(incr(3, 1), 2)), 3, 3)
		f.wantRefused(f.one(with(incr(3, 1), 1)), leaderboard.CodeFenced, "generation") // not duplicate
		f.wantApplied(f.one(incr(4, 1)), 4, 4)                                          // says nothing of generations
	},
	"ClaimOfAnUnknownSourceMakesIt": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		got, _, err := f.store.Claim(context.Background(), f.name, "new")
		wantEqual(t, "claim", got, leaderboard.SourceState{Source: "new", Origin: f.head().Epoch, Generation: 1})
		if err != nil {
			t.Fatal(err)
		}
	},
	"SameIDIsDuplicate": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		e := byID("x", incr(0, 5))
		f.wantApplied(f.one(e), 1, 5)
		f.wantDuplicate(f.one(e), 1, 5)
		out := f.apply(byID("y", e), byID("y", e))
		f.wantApplied(out.Results[0], 2, 10)
		f.wantDuplicate(out.Results[1], 2, 10)
	},
	"SameIDOtherBodyIsConflict": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.apply(byID("x", incr(0, 5)))
		for i, e := range []leaderboard.Event{
			incr(0, 6),
			{Member: "n", Op: leaderboard.Incr, Score: 5},
			{Member: "m", Op: leaderboard.Set, Score: 5},
			{Member: "m", Op: leaderboard.Incr, Score: 5, Name: ptr("M")},
			{Member: "m", Op: leaderboard.Incr, Score: 5, Group: ptr("M")},
			{Member: "m", Op: leaderboard.Incr, Score: 5, Tie: ptr(int64(0))},
			{Member: "m", Op: leaderboard.Incr, Score: 5, Public: true},
			{Member: "m", Op: leaderboard.Incr, Score: 5, Cells: leaderboard.Cells{"A": []byte("1")}},
		} {
			res := f.one(byID("x", e))
			if res.Status != leaderboard.Refused || res.Refusal.Code != leaderboard.CodeIDConflict {
				t.Fatalf("body %d: %s", i, show(res))
			}
		}
		f.wantDuplicate(f.one(byID("x", incr(0, 5))), 1, 5)
	},
	"RefusedIDIsRefusedAgain": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		patch := leaderboard.Event{Member: "m", Op: leaderboard.Patch, ID: "x"}
		f.wantRefused(f.one(patch), leaderboard.CodeUnknownMember, "member")
		f.apply(incr(1, 1))
		f.wantRefused(f.one(patch), leaderboard.CodeUnknownMember, "member")
	},
	"IDIsForgottenAfterTheWindow": func(t *testing.T, open Open) {
		now := time.Unix(1_000_000, 0)
		f := newBoardWith(t, open, Options{IDWindow: time.Minute, Now: func() time.Time { return now }}, leaderboard.Rules{})
		e := byID("x", incr(0, 5))
		f.apply(e)
		now = now.Add(time.Minute - time.Nanosecond)
		f.wantDuplicate(f.one(e), 1, 5)
		now = now.Add(time.Nanosecond)
		f.wantApplied(f.one(e), 2, 10)
	},
	"FullIDWindowIsBusyUntilTheOldestLeaves": func(t *testing.T, open Open) {
		now := time.Unix(1_000_000, 0)
		f := newBoardWith(t, open, Options{IDWindow: time.Minute, IDLimit: 3, Now: func() time.Time { return now }}, leaderboard.Rules{})
		for i := range 3 {
			f.apply(byID(fmt.Sprint(i), incr(0, 1)))
			now = now.Add(time.Second)
		}
		f.wantRefused(f.one(byID("3", incr(0, 1))), leaderboard.CodeBusy, "id")
		f.wantDuplicate(f.one(byID("0", incr(0, 1))), 3, 3) // never forgotten early
		f.wantApplied(f.one(incr(1, 1)), 4, 4)              // others go on
		now = now.Add(57 * time.Second)
		out := f.apply(byID("3", incr(0, 1)), byID("4", incr(0, 1)))
		f.wantApplied(out.Results[0], 5, 5) // "0" has left
		f.wantRefused(out.Results[1], leaderboard.CodeBusy, "id")
	},
	"IdentityIsTheCallersDuty": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		for _, e := range []leaderboard.Event{
			{Member: "m", Op: leaderboard.Set},
			{Member: "m", Op: leaderboard.Set, Source: "s"},
			{Member: "m", Op: leaderboard.Set, Seq: 1, ID: "x"},
			{Member: "m", Op: leaderboard.Set, Source: "s", Seq: 1, ID: "x"},
			{Member: "m", Op: "no", Source: "s", Seq: 1},
		} {
			_, err := f.store.Apply(context.Background(), f.name, []leaderboard.Event{incr(1, 1), e}, "")
			if !errors.Is(err, leaderboard.ErrIdentity) {
				t.Fatalf("%+v: err %v", e, err)
			}
		}
		f.wantSeq("s", 0)
	},
	"EverySeqUpToTheLastIsASeq": func(t *testing.T, open Open) {
		f := newBoard(t, open, leaderboard.Rules{})
		f.wantRefused(f.one(incr(math.MaxUint64, 1)), leaderboard.CodeGap, "seq")
	},
}
