package rostertest

import (
	"slices"
	"time"

	"rollcall/presence"
)

func joinAgainRenewsTheBeat(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	for range 10 {
		b.pass(Threshold-2*time.Second, nil)
		b.wantKinds(b.join("n1", at("r", "u")), at("r", "u"))
	}
}

func onePlaceTwiceInACall(b *bench) {
	p := at("r", "u")
	b.wantKinds(b.join("n1", p, p), p, presence.Joined)
	b.wantKinds(b.setMeta(presence.Meta{Away: true}, p, p), p, presence.Changed)
	if missing := b.refresh("n1", p, p, p); len(missing) != 0 {
		b.Fatalf("missing %v, want nobody", missing)
	}
	b.wantKinds(b.leave("n1", p, p), p, presence.Left)
	if page := b.page("r", "", 10); page.Count != 0 || len(page.Users) != 0 {
		b.Fatalf("all have left: %+v", page)
	}
}

func leftTellsTheLatestBeatOfAnyNode(b *bench) {
	b.join("n1", at("r", "u"))
	b.join("n2", at("r", "u"))
	b.Move(10 * time.Second)
	b.refresh("n1", at("r", "u"))
	latest := b.Now()
	b.Move(time.Second)
	b.leave("n1", at("r", "u"))
	b.Move(10 * time.Minute)
	if got := b.user("u").LastSeen; !got.Equal(latest.Truncate(time.Minute)) {
		b.Fatalf("last seen %v while present, want the minute of %v", got, latest)
	}
	made := b.leave("n2", at("r", "u"))
	b.wantKinds(made, at("r", "u"), presence.Left)
	if !made[0].Seen.Equal(latest) {
		b.Fatalf("seen %v, want %v, though of a node that has left before", made[0].Seen, latest)
	}
}

func deadNodeOfManyIsSweptSilently(b *bench) {
	b.sweep()
	places := []presence.Place{at("r", "u"), at("r", "v"), at("s", "u")}
	b.join("n1", places...)
	b.join("n2", places...)
	beats := map[string][]presence.Place{"n2": places}
	b.wantKinds(b.pass(2*Threshold, beats), at("", ""))
	if missing := b.refresh("n1", places...); !slices.Equal(missing, places) {
		b.Fatalf("missing %v, want all that the dead node held", missing)
	}
	b.wantKinds(b.join("n1", places...), at("", ""))
}

func likeNamesAreDifferent(b *bench) {
	users := []string{"a", "a b", "ab", "a/b", "a:b", "é", "éa", "r"}
	rooms := []string{"r", "r-1", "r1", "r_1", "R"}
	var all []presence.Place
	for _, room := range rooms {
		for _, user := range users {
			all = append(all, at(room, user))
		}
	}
	if n := len(b.join("n1", all...)); n != len(all) {
		b.Fatalf("%d joined, want %d", n, len(all))
	}
	b.join("n", all...) // a node whose name begins another's
	for _, p := range all {
		b.wantKinds(b.leave("n", p), p)
		b.wantKinds(b.leave("n1", p), p, presence.Left)
		b.wantKinds(b.join("n1", p), p, presence.Joined)
	}
	for _, room := range rooms {
		if got := b.users(room); !slices.Equal(got, slices.Sorted(slices.Values(users))) {
			b.Fatalf("room %s has %q, want %q", room, got, users)
		}
	}
	for _, user := range users {
		if got := b.user(user); !slices.Equal(got.Rooms, slices.Sorted(slices.Values(rooms))) {
			b.Fatalf("user %q is in %q, want %q", user, got.Rooms, rooms)
		}
	}
}

func emptyRoomIsForgotten(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	left := b.leave("n1", at("r", "u"))[0]
	b.Move(23 * time.Hour)
	b.sweep()
	if got := b.page("r", "", 1).Version; got != left.Version {
		b.Fatalf("after 23 hours version %d, want %d", got, left.Version)
	}
	b.Move(2 * time.Hour)
	b.sweep()
	if got := b.page("r", "", 1).Version; got != 0 {
		b.Fatalf("after 25 hours version %d, want forgotten", got)
	}
	if again := b.join("n1", at("r", "u"))[0]; again.Prev != 0 || again.Version <= left.Version {
		b.Fatalf("joined again: %+v, want no prev and more than %d", again, left.Version)
	}
}

func fullRoomIsNotForgotten(b *bench) {
	b.sweep()
	b.join("n1", at("r", "u"))
	b.leave("n1", at("r", "u"))
	b.Move(time.Hour)
	joined := b.join("n1", at("r", "u"))[0]
	b.Move(48 * time.Hour)
	b.sweep()
	b.sweep()
	if page := b.page("r", "", 1); page.Version != joined.Version || page.Count != 1 {
		b.Fatalf("a room with a user: %+v, want version %d", page, joined.Version)
	}
}
