package rostertest

import (
	"testing"
	"time"

	"rollcall/presence"
)

// Parting runs the rules of presence.Parter, for the drivers that are one.
func Parting(t *testing.T, open Open) {
	for name, check := range map[string]func(*bench){
		"PartedUserLeavesInHalfTheThreshold": partedUserLeavesSooner,
		"PartedUserWhoReturnedStays":         partedUserWhoReturnedStays,
		"PartSparesOtherNodes":               partSparesOtherNodes,
		"PartAddsNobody":                     partAddsNobody,
		"BeatAfterPartKeepsAlive":            beatAfterPartKeepsAlive,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			check(&bench{TB: t, Clock: clock, Roster: open(t, clock)})
		})
	}
}

// settle is the threshold after a roster's first sweep, in which nobody leaves.
func (b *bench) settle() {
	b.Helper()
	b.sweep()
	b.pass(Threshold, nil)
}

func (b *bench) part(node string, places ...presence.Place) {
	b.Helper()
	if err := b.Roster.(presence.Parter).Part(b.Context(), node, places); err != nil {
		b.Fatalf("part: %v", err)
	}
}

func partedUserLeavesSooner(b *bench) {
	b.settle()
	b.joinAs("n1", presence.Meta{Name: "Alok"}, at("r", "u"))
	since := b.Now()
	b.pass(8*time.Second, nil)
	b.part("n1", at("r", "u"))
	parted := b.Now()
	b.wantKinds(b.sweep(), at("r", "u"))
	if got := b.user("u"); !got.Online || got.LastSeen.Before(parted.Truncate(time.Minute)) {
		b.Fatalf("parted: %+v, want online and seen at %v", got, parted)
	}
	b.wantKinds(b.pass(Threshold/2-2*time.Second, nil), at("r", "u"))
	made := b.pass(4*time.Second, nil)
	b.wantKinds(made, at("r", "u"), presence.Left)
	if got := made[0]; !got.Seen.Equal(parted) || !got.Since.Equal(since) || got.Meta.Name != "Alok" {
		b.Fatalf("left: %+v, want seen %v, since %v", got, parted, since)
	}
}

func partedUserWhoReturnedStays(b *bench) {
	b.settle()
	b.join("n1", at("r", "u"))
	b.part("n1", at("r", "u"))
	b.pass(Threshold/2-4*time.Second, nil)
	b.wantKinds(b.join("n2", at("r", "u")), at("r", "u"))
	beats := map[string][]presence.Place{"n2": {at("r", "u")}}
	b.wantKinds(b.pass(2*Threshold, beats), at("r", "u"))
	b.wantKinds(b.leave("n2", at("r", "u")), at("r", "u"), presence.Left)
}

func partSparesOtherNodes(b *bench) {
	b.settle()
	b.join("n1", at("r", "u"), at("r", "v"), at("s", "u"))
	b.join("n2", at("r", "u"), at("r", "w"))
	b.part("n1", at("r", "u"), at("r", "v"), at("s", "u"))
	left := map[presence.Place]bool{}
	for _, tr := range b.pass(Threshold/2+2*time.Second, nil) {
		left[tr.Place] = tr.Kind == presence.Left
	}
	if len(left) != 2 || !left[at("r", "v")] || !left[at("s", "u")] {
		b.Fatalf("%v left, want v of r and u of s", left)
	}
	if missing := b.refresh("n2", at("r", "u"), at("r", "w")); len(missing) != 0 {
		b.Fatalf("%v of the other node are missing", missing)
	}
}

func partAddsNobody(b *bench) {
	b.join("n2", at("r", "v"))
	b.part("n1", at("r", "u"), at("r", "v"))
	if page := b.page("r", "", 10); page.Count != 1 || page.Users[0].User != "v" {
		b.Fatalf("%+v, want v alone", page)
	}
}

func beatAfterPartKeepsAlive(b *bench) {
	b.settle()
	b.join("n1", at("r", "u"))
	b.part("n1", at("r", "u"))
	beats := map[string][]presence.Place{"n1": {at("r", "u")}}
	b.wantKinds(b.pass(2*Threshold, beats), at("r", "u"))
}
