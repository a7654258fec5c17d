package rostertest

import (
	"fmt"
	"slices"
	"time"

	"rollcall/presence"
)

// rules are the named tests of the suite.
var rules = []struct {
	name  string
	check func(*bench)
}{
	{"FirstHolderJoins", firstHolderJoins},
	{"SecondNodeIsSilent", secondNodeIsSilent},
	{"LastHolderLeaves", lastHolderLeaves},
	{"UnknownHolderIsIgnored", unknownHolderIsIgnored},
	{"JoinAgainMayChangeMeta", joinAgainMayChangeMeta},
	{"EqualMetaIsNoChange", equalMetaIsNoChange},
	{"MetaOfAbsentIsIgnored", metaOfAbsentIsIgnored},
	{"RefreshNamesTheMissingAndAddsNobody", refreshNamesTheMissing},
	{"SilentHolderIsSweptOnce", silentHolderIsSweptOnce},
	{"BeatKeepsAlive", beatKeepsAlive},
	{"SweepSparesOtherNodes", sweepSparesOtherNodes},
	{"SweepIsBounded", sweepIsBounded},
	{"SweepWaitsAfterAGap", sweepWaitsAfterAGap},
	{"SweepWaitsAfterAStepBack", sweepWaitsAfterAStepBack},
	{"VersionsAreAChainPerRoom", versionsAreAChainPerRoom},
	{"VersionsGrowThoughTheClockSteps", versionsGrowThoughTheClockSteps},
	{"PagesAreInUserOrder", pagesAreInUserOrder},
	{"PageCursorOutlivesItsUser", pageCursorOutlivesItsUser},
	{"EmptyRoom", emptyRoom},
	{"RoomsHaveUsers", roomsHaveUsers},
	{"UserTellsRoomsAndLastSeen", userTellsRoomsAndLastSeen},
	{"LastSeenIsForgotten", lastSeenIsForgotten},
	{"JoinAgainRenewsTheBeat", joinAgainRenewsTheBeat},
	{"OnePlaceTwiceInACall", onePlaceTwiceInACall},
	{"LeftTellsTheLatestBeatOfAnyNode", leftTellsTheLatestBeatOfAnyNode},
	{"DeadNodeOfManyIsSweptSilently", deadNodeOfManyIsSweptSilently},
	{"LikeNamesAreDifferent", likeNamesAreDifferent},
	{"EmptyRoomIsForgotten", emptyRoomIsForgotten},
	{"FullRoomIsNotForgotten", fullRoomIsNotForgotten},
	{"PageShowsAUserOfManyNodesOnce", pageShowsAUserOfManyNodesOnce},
	{"CountsAreInTheirOrder", countsAreInTheirOrder},
	{"NothingIsNoError", nothingIsNoError},
	{"EndedContextIsAnError", endedContextIsAnError},
}

func firstHolderJoins(b *bench) {
	made := b.joinAs("n1", presence.Meta{Name: "Alok"}, at("r", "u"))
	b.wantKinds(made, at("r", "u"), presence.Joined)
	got := made[0]
	if got.Count != 1 || got.Meta.Name != "Alok" || got.Prev != 0 || !got.Since.Equal(b.Now()) || !got.Seen.IsZero() {
		b.Fatalf("joined: %+v", got)
	}
	if want := uint64(b.Now().UnixMicro()); got.Version != want {
		b.Fatalf("version %d, want µs since 1970 %d", got.Version, want)
	}
}

func secondNodeIsSilent(b *bench) {
	b.join("n1", at("r", "u"))
	b.wantKinds(b.join("n2", at("r", "u")), at("r", "u"))
	b.wantKinds(b.join("n1", at("r", "u")), at("r", "u"))
	if n := b.page("r", "", 10).Count; n != 1 {
		b.Fatalf("count %d, want 1 user", n)
	}
}

func lastHolderLeaves(b *bench) {
	b.join("n1", at("r", "u"))
	b.join("n2", at("r", "u"))
	joined := b.Now()
	b.Move(time.Second)
	b.wantKinds(b.leave("n1", at("r", "u")), at("r", "u"))
	made := b.leave("n2", at("r", "u"))
	b.wantKinds(made, at("r", "u"), presence.Left)
	if got := made[0]; got.Count != 0 || !got.Seen.Equal(joined) || !got.Since.Equal(joined) {
		b.Fatalf("left: %+v, want seen and since %v", got, joined)
	}
	b.wantKinds(b.leave("n2", at("r", "u")), at("r", "u"))
}

func unknownHolderIsIgnored(b *bench) {
	b.wantKinds(b.leave("n1", at("r", "u")), at("r", "u"))
	b.join("n1", at("r", "u"))
	b.wantKinds(b.leave("n2", at("r", "u")), at("r", "u"))
	b.wantKinds(b.leave("n1", at("s", "u"), at("r", "v")), at("r", "u"))
	if n := b.page("r", "", 10).Count; n != 1 {
		b.Fatalf("count %d, want 1", n)
	}
}

func joinAgainMayChangeMeta(b *bench) {
	b.joinAs("n1", presence.Meta{Name: "Alok"}, at("r", "u"))
	since := b.Now()
	b.Move(time.Second)
	made := b.joinAs("n2", presence.Meta{Name: "Alok K", Away: true}, at("r", "u"))
	b.wantKinds(made, at("r", "u"), presence.Changed)
	if got := made[0]; got.Meta.Name != "Alok K" || !got.Meta.Away || got.Count != 1 || !got.Since.Equal(since) {
		b.Fatalf("changed: %+v", got)
	}
	if got := b.page("r", "", 10).Users[0]; got.Meta != made[0].Meta || !got.Since.Equal(since) {
		b.Fatalf("page shows %+v", got)
	}
}

func equalMetaIsNoChange(b *bench) {
	b.joinAs("n1", presence.Meta{Name: "Alok"}, at("r", "u"))
	version := b.page("r", "", 1).Version
	b.wantKinds(b.setMeta(presence.Meta{Name: "Alok"}, at("r", "u")), at("r", "u"))
	if got := b.page("r", "", 1).Version; got != version {
		b.Fatalf("version %d, want %d as before", got, version)
	}
	made := b.setMeta(presence.Meta{Name: "Alok", Away: true}, at("r", "u"))
	b.wantKinds(made, at("r", "u"), presence.Changed)
}

func metaOfAbsentIsIgnored(b *bench) {
	b.wantKinds(b.setMeta(presence.Meta{Name: "x"}, at("r", "u")), at("r", "u"))
	if n := b.page("r", "", 10).Count; n != 0 {
		b.Fatalf("count %d, want 0", n)
	}
}

func refreshNamesTheMissing(b *bench) {
	b.join("n1", at("r", "u"))
	b.join("n2", at("r", "v"))
	missing := b.refresh("n1", at("r", "u"), at("r", "v"), at("s", "u"))
	if want := []presence.Place{at("r", "v"), at("s", "u")}; !slices.Equal(missing, want) {
		b.Fatalf("missing %v, want %v", missing, want)
	}
	b.wantKinds(b.leave("n2", at("r", "v")), at("r", "v"), presence.Left)
	if got := b.users("r"); !slices.Equal(got, []string{"u"}) {
		b.Fatalf("room has %v, want u alone: a beat must add nobody", got)
	}
}

func silentHolderIsSweptOnce(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	joined := b.Now()
	b.wantKinds(b.pass(Threshold-2*time.Second, nil), at("r", "u"))
	made := b.pass(4*time.Second, nil)
	b.wantKinds(made, at("r", "u"), presence.Left)
	if !made[0].Seen.Equal(joined) {
		b.Fatalf("seen %v, want the last beat %v", made[0].Seen, joined)
	}
	b.wantKinds(b.pass(2*Threshold, nil), at("r", "u"))
	if missing := b.refresh("n1", at("r", "u")); len(missing) != 1 {
		b.Fatal("a swept holder is missing at the next refresh")
	}
}

func beatKeepsAlive(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	beats := map[string][]presence.Place{"n1": {at("r", "u")}}
	b.wantKinds(b.pass(5*time.Minute, beats), at("r", "u"))
}

func sweepSparesOtherNodes(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	b.join("n2", at("r", "u"))
	beats := map[string][]presence.Place{"n2": {at("r", "u")}}
	b.wantKinds(b.pass(2*time.Minute, beats), at("r", "u"))
	b.wantKinds(b.leave("n1", at("r", "u")), at("r", "u"))
	b.wantKinds(b.leave("n2", at("r", "u")), at("r", "u"), presence.Left)
}

func sweepIsBounded(b *bench) {
	b.sweep()
	var places []presence.Place
	for i := range SweepLimit + 10 {
		places = append(places, at("r", fmt.Sprintf("u%d", i)))
	}
	b.join("n1", places...)
	b.pass(Threshold-2*time.Second, nil)
	b.Move(4 * time.Second)
	if n := len(b.sweep()); n != SweepLimit {
		b.Fatalf("one sweep removed %d, want %d", n, SweepLimit)
	}
	b.Move(4 * time.Second)
	if n := len(b.sweep()); n != 10 {
		b.Fatalf("the next removed %d, want the other 10", n)
	}
}

func sweepWaitsAfterAGap(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	b.Move(time.Hour)
	b.wantKinds(b.sweep(), at("r", "u"))
	b.wantKinds(b.pass(Threshold-2*time.Second, nil), at("r", "u"))
	b.wantKinds(b.pass(4*time.Second, nil), at("r", "u"), presence.Left)
}

func sweepWaitsAfterAStepBack(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	b.pass(Threshold-2*time.Second, nil)
	b.Move(-time.Minute)
	b.wantKinds(b.sweep(), at("r", "u"))
	b.wantKinds(b.pass(Threshold-2*time.Second, nil), at("r", "u"))
	b.wantKinds(b.pass(2*time.Minute, nil), at("r", "u"), presence.Left)
}

func versionsAreAChainPerRoom(b *bench) {
	last := map[string]uint64{}
	check := func(made []presence.Transition) {
		b.Helper()
		for _, tr := range made {
			if tr.Prev != last[tr.Room] || tr.Version <= tr.Prev {
				b.Fatalf("%+v does not follow version %d", tr, last[tr.Room])
			}
			last[tr.Room] = tr.Version
		}
	}
	for range 3 {
		check(b.join("n1", at("r", "u"), at("r", "v"), at("s", "u")))
		check(b.setMeta(presence.Meta{Away: true}, at("r", "v"), at("s", "u")))
		check(b.leave("n1", at("r", "u"), at("s", "u"), at("r", "v")))
	}
	for _, room := range []string{"r", "s"} {
		if got := b.page(room, "", 1).Version; got != last[room] {
			b.Fatalf("page of %s has version %d, want %d", room, got, last[room])
		}
	}
}

func versionsGrowThoughTheClockSteps(b *bench) {
	first := b.join("n1", at("r", "u"))[0]
	b.Move(-time.Hour)
	second := b.leave("n1", at("r", "u"))[0]
	if second.Prev != first.Version || second.Version != first.Version+1 {
		b.Fatalf("version %d after %d, want the next number", second.Version, first.Version)
	}
}
