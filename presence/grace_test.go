package presence_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
	"rollcall/presence/memroster"
)

func TestLeaveComesAfterTheGraceOfItsCause(t *testing.T) {
	for _, tc := range []struct {
		cause presence.Cause
		grace time.Duration
	}{
		{presence.Explicit, 0},
		{presence.Going, 3 * time.Second},
		{presence.Broken, 7 * time.Second},
	} {
		t.Run(tc.grace.String(), func(t *testing.T) {
			bubble(t, func(b *bench) {
				b.enter("s1", "r", "u")
				pass(1500 * time.Millisecond) // no sweep wakes the tracker by chance
				b.Exit("s1", at("r", "u"), tc.cause)
				if tc.grace > 0 {
					pass(tc.grace - time.Millisecond)
				}
				b.wantSaid("+r/u@0")
				pass(batch)
				b.wantSaid("+r/u@0", fmt.Sprintf("-r/u@%d", 1+tc.grace/time.Second))
				pass(time.Minute)
				b.wantSaid("+r/u@0", fmt.Sprintf("-r/u@%d", 1+tc.grace/time.Second))
			})
		})
	}
}

func TestReturnWithinTheGraceIsNoEvent(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		pass(time.Second)
		calls := b.roster.changes()
		b.ExitAll("s1", presence.Broken)
		pass(7*time.Second - time.Millisecond)
		b.enter("s2", "r", "u")
		pass(time.Minute)
		b.wantSaid("+r/u@0")
		if got := b.roster.changes(); got != calls {
			t.Errorf("the roster was called %d times for it, want none", got-calls)
		}
	})
}

func TestReturnEndsTheGrace(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		pass(time.Second)
		b.ExitAll("s1", presence.Broken)
		pass(time.Second)
		b.enter("s2", "r", "u")
		pass(time.Second)
		b.ExitAll("s2", presence.Explicit)
		pass(batch)
		b.wantSaid("+r/u@0", "-r/u@3")
	})
}

func TestReturnAfterTheGraceIsLeaveAndJoin(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		pass(time.Second)
		b.ExitAll("s1", presence.Going)
		pass(4 * time.Second)
		b.enter("s2", "r", "u")
		pass(time.Second)
		b.wantSaid("+r/u@0", "-r/u@4", "+r/u@5")
	})
}

func TestUserStaysWhileOneTabIsOpen(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("tab-1", "r", "u")
		b.enter("tab-2", "r", "u")
		pass(time.Second)
		b.ExitAll("tab-1", presence.Explicit)
		pass(time.Minute)
		b.wantSaid("+r/u@0")
		b.ExitAll("tab-2", presence.Going)
		pass(3*time.Second + batch)
		b.wantSaid("+r/u@0", "-r/u@64")
	})
}

func TestTheLastSessionsCauseDecides(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("tab-1", "r", "u")
		b.enter("tab-2", "r", "u")
		pass(time.Second)
		b.ExitAll("tab-1", presence.Broken)
		b.ExitAll("tab-2", presence.Explicit)
		pass(batch)
		b.wantSaid("+r/u@0", "-r/u@1")
	})
}

func TestOneTabInTwoRooms(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "a", "u")
		b.enter("s1", "b", "u")
		pass(time.Second)
		b.Exit("s1", at("a", "u"), presence.Explicit)
		pass(time.Second)
		b.wantSaid("+a/u@0", "+b/u@0", "-a/u@1")
		if got := b.Places("s1"); len(got) != 1 || got[0] != at("b", "u") {
			t.Errorf("the session is in %v, want b alone", got)
		}
		b.ExitAll("s1", presence.Explicit)
		pass(batch)
		b.wantSaid("+a/u@0", "+b/u@0", "-a/u@1", "-b/u@2")
	})
}

func TestEnterAndExitAreIdempotent(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		b.enter("s1", "r", "u")
		pass(time.Second)
		b.Exit("s1", at("r", "u"), presence.Explicit)
		b.Exit("s1", at("r", "u"), presence.Explicit)
		b.Exit("nobody", at("r", "u"), presence.Explicit)
		b.SetAway("nobody", at("r", "u"), true)
		pass(time.Second)
		b.wantSaid("+r/u@0", "-r/u@1")
	})
}

func TestUserIsAwayWhenAllHisTabsAreHidden(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("tab-1", "r", "u")
		b.enter("tab-2", "r", "u")
		pass(time.Second)
		b.SetAway("tab-1", at("r", "u"), true)
		pass(time.Second)
		b.wantSaid("+r/u@0")
		b.SetAway("tab-2", at("r", "u"), true)
		pass(time.Second)
		b.wantSaid("+r/u@0", "~r/u@2")
		b.SetAway("tab-2", at("r", "u"), true)
		b.SetAway("tab-1", at("r", "u"), false)
		pass(time.Second)
		b.wantSaid("+r/u@0", "~r/u@2", "~r/u@3")
		b.ExitAll("tab-1", presence.Broken)
		pass(time.Second)
		b.wantSaid("+r/u@0", "~r/u@2", "~r/u@3", "~r/u@4")
	})
}

func TestHiddenTabThatClosesHidesNobody(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("tab-1", "r", "u")
		b.enter("tab-2", "r", "u")
		b.SetAway("tab-1", at("r", "u"), true)
		pass(time.Second)
		b.ExitAll("tab-1", presence.Broken)
		pass(time.Second)
		b.wantSaid("+r/u@0")
	})
}

func TestNewNameIsAChangeNotALeave(t *testing.T) {
	bubble(t, func(b *bench) {
		b.enter("s1", "r", "u")
		pass(time.Second)
		if err := b.Enter("s1", presence.Join{Place: at("r", "u"), Meta: presence.Meta{Name: "Usha"}}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		b.wantSaid("+r/u@0", "~r/u@1")
	})
}

func TestRoomsOfASessionAreBounded(t *testing.T) {
	bubble(t, func(b *bench) {
		for i := range 16 {
			b.enter("s1", fmt.Sprint("r", i), "u")
		}
		err := b.Enter("s1", join("one-more", "u", false))
		if !errors.Is(err, presence.ErrTooManyRooms) {
			t.Fatalf("the 17th room: %v, want ErrTooManyRooms", err)
		}
		b.enter("s1", "r3", "u")
		b.Exit("s1", at("r3", "u"), presence.Explicit)
		b.enter("s1", "one-more", "u")
	})
}

func TestShortGraceEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := presence.Config{GraceExplicit: 400 * time.Millisecond, GraceGoing: -1}
		b := newBenchWith(t, newMem(t, memroster.Config{}), "node-1", cfg)
		b.enter("s1", "r", "u")
		b.enter("s2", "r", "v")
		pass(2500 * time.Millisecond)
		b.ExitAll("s1", presence.Explicit)
		pass(400*time.Millisecond + batch)
		b.wantSaid("+r/u@0", "+r/v@0", "-r/u@2")
		pass(600 * time.Millisecond)
		b.ExitAll("s2", presence.Going)
		pass(batch)
		b.wantSaid("+r/u@0", "+r/v@0", "-r/u@2", "-r/v@3")
	})
}
