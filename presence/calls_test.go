package presence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/presence"
)

func TestFlappingWithinOneBatchCancelsOut(t *testing.T) {
	bubble(t, func(b *bench) {
		for i := range 50 {
			b.enter("s1", "r", "u")
			b.ExitAll("s1", presence.Explicit)
			if i%10 == 0 {
				pass(time.Millisecond)
			}
		}
		pass(time.Second)
		b.wantSaid()
		b.enter("s1", "r", "u")
		pass(time.Second)
		calls := b.roster.changes()
		b.ExitAll("s1", presence.Explicit)
		b.enter("s2", "r", "u")
		pass(time.Second)
		b.wantSaid("+r/u@1")
		if got := b.roster.changes() - calls; got != 0 {
			t.Errorf("%d calls for a flap within one batch, want none", got)
		}
	})
}

func TestJoinStormIsCoalesced(t *testing.T) {
	bubble(t, func(b *bench) {
		for i := range 10_000 {
			b.enter(fmt.Sprint("s", i), "r", fmt.Sprint("u", i))
		}
		pass(100 * time.Millisecond)
		b.wantCount("r", 10_000)
		if got := b.roster.changes(); got > 100 {
			t.Errorf("%d calls for 10,000 joins, want at most 100", got)
		}
		if _, joins := b.roster.seen(); slices.Max(joins) > 100 {
			t.Errorf("calls of %v joins, want at most 100", joins)
		}
	})
}

func TestBatchGoesWhenFullOrAfterItsWait(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u1")
		pass(24 * time.Millisecond)
		b.wantCount("r", 0)
		pass(time.Millisecond)
		b.wantCount("r", 1)
		for i := range 99 {
			b.enter(fmt.Sprint("t", i), "r", fmt.Sprint("v", i))
		}
		pass(0)
		b.wantCount("r", 1)
		b.enter("t99", "r", "v99")
		pass(0)
		b.wantCount("r", 101)
	})
}

func TestRefreshJoinsTheMissingAgain(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		b.enter("s2", "r", "v")
		pass(time.Second)
		if _, err := b.mem.Leave(t.Context(), "node-1", []presence.Place{at("r", "u")}); err != nil {
			t.Fatal(err)
		}
		pass(8 * time.Second)
		b.wantCount("r", 1)
		pass(time.Second + batch)
		b.wantCount("r", 2)
		b.mu.Lock()
		defer b.mu.Unlock()
		if got := strings.Join(b.said[2:], " "); got != "+r/u@10" {
			t.Errorf("announced %q after both had joined, want +r/u@10", got)
		}
	})
}

func TestBeatsKeepEverybody(t *testing.T) {
	bubble(t, func(b *bench) {
		for i := range 2_500 {
			b.enter(fmt.Sprint("s", i), "r", fmt.Sprint("u", i))
		}
		pass(10 * time.Minute)
		b.wantCount("r", 2_500)
	})
}

func TestHoldersInTheirGraceAreStillBeaten(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		pass(9 * time.Second)
		b.ExitAll("s1", presence.Broken)
		pass(6 * time.Second)
		if missing, err := b.mem.Refresh(t.Context(), "node-1", []presence.Place{at("r", "u")}); err != nil || len(missing) > 0 {
			t.Fatalf("missing %v, %v; want the holder there", missing, err)
		}
		b.wantSaid("+r/u@0")
	})
}

func TestOutageOfTheRosterLosesNothing(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "stays")
		b.enter("s2", "r", "goes")
		b.enter("s3", "r", "glitches")
		pass(5 * time.Second)
		b.roster.setDown(true)
		b.enter("s4", "r", "comes")
		b.enter("s5", "r", "passes by")
		pass(5 * time.Second)
		if !b.Degraded() {
			t.Fatal("not degraded while the roster is down")
		}
		b.ExitAll("s2", presence.Explicit)
		b.ExitAll("s5", presence.Explicit)
		b.ExitAll("s3", presence.Broken)
		pass(20 * time.Second)
		b.enter("s6", "r", "glitches") // after its grace, but nobody was told
		pass(35 * time.Second)
		b.wantCount("r", 3)
		calls := b.roster.changes()
		if calls > 90 {
			t.Errorf("%d calls in an outage of a minute, want a pause between them", calls)
		}
		b.roster.setDown(false)
		pass(2*time.Second + batch)
		if b.Degraded() {
			t.Error("still degraded")
		}
		b.wantCount("r", 3)
		pass(5 * time.Minute)
		b.wantCount("r", 3)
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, said := range b.said[3:] {
			if !strings.HasPrefix(said, "+r/comes@6") && !strings.HasPrefix(said, "-r/goes@6") {
				t.Errorf("announced %s, want only that one came and one went", said)
			}
		}
		if len(b.said) != 5 {
			t.Errorf("announced %v, want five", b.said)
		}
	})
}

func TestFailedCallMayHaveHadEffect(t *testing.T) {
	bubble(t, func(b *bench) {
		b.roster.setDown(true)
		b.enter("s1", "r", "u")
		pass(batch)
		// the join arrived, its answer was lost
		if _, err := b.mem.Join(t.Context(), "node-1", []presence.Join{join("r", "u", false)}); err != nil {
			t.Fatal(err)
		}
		b.ExitAll("s1", presence.Explicit)
		b.roster.setDown(false)
		pass(3 * time.Second)
		b.wantCount("r", 0)
	})
}

func TestWhatAFailedCallDecidedIsAnnouncedOnce(t *testing.T) {
	bubble(t, func(b *bench) {
		b.roster.mu.Lock()
		b.roster.half = true
		b.roster.mu.Unlock()
		b.enter("s1", "r", "u")
		pass(3 * time.Second)
		b.wantSaid("+r/u@0")
		b.wantCount("r", 1)
	})
}

func TestJoinThatFailedIsMadeAgainAtOnce(t *testing.T) {
	bubble(t, func(b *bench) {
		b.roster.setDown(true)
		b.enter("s1", "r", "u")
		pass(batch)
		b.roster.setDown(false)
		pass(200 * time.Millisecond)
		b.wantCount("r", 1)
	})
}

func TestBeatsGoInChunksBeforeTheSweep(t *testing.T) {
	bubble(t, func(b *bench) {
		for i := range 2_500 {
			b.enter(fmt.Sprint("s", i), "r", fmt.Sprint("u", i))
		}
		pass(9 * time.Second)
		b.roster.seen()
		pass(time.Second) // refresh and sweep are both due
		want := []string{"refresh", "refresh", "refresh", "sweep"}
		if got, _ := b.roster.seen(); !slices.Equal(got, want) {
			t.Errorf("calls %v, want %v", got, want)
		}
	})
}

func TestStopAnnouncesNothing(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		b.enter("s2", "r", "v")
		pass(time.Second)
		b.ExitAll("s1", presence.Broken)
		b.stop()
		pass(time.Minute)
		b.wantSaid("+r/u@0", "+r/v@0")
		b.wantCount("r", 2)
	})
}

func TestTrackerRunsOnce(t *testing.T) {
	bubble(t, func(b *bench) {
		pass(0)
		if err := b.Tracker.Run(t.Context()); err == nil {
			t.Error("a second Run succeeded")
		}
	})
}
