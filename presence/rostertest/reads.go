package rostertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"rollcall/presence"
)

func pagesAreInUserOrder(b *bench) {
	var want []string
	for i := range 1500 {
		want = append(want, fmt.Sprintf("u%04d é", i))
	}
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(want)) {
		b.join("n1", at("r", want[i]))
	}
	var got []string
	for after := ""; ; {
		page := b.page("r", after, 100)
		if page.Count != len(want) {
			b.Fatalf("count %d, want %d", page.Count, len(want))
		}
		for _, u := range page.Users {
			got = append(got, u.User)
		}
		if page.Next == "" {
			break
		}
		if len(page.Users) != 100 {
			b.Fatalf("a page that is not the last has %d users", len(page.Users))
		}
		after = page.Next
	}
	if !slices.Equal(got, want) {
		b.Fatalf("pages have %d users, want all %d in order", len(got), len(want))
	}
}

func pageCursorOutlivesItsUser(b *bench) {
	b.join("n1", at("r", "a"), at("r", "b"), at("r", "c"))
	page := b.page("r", "", 2)
	if page.Next != "b" {
		b.Fatalf("next %q, want b", page.Next)
	}
	b.leave("n1", at("r", "b"))
	page = b.page("r", "b", 2)
	if len(page.Users) != 1 || page.Users[0].User != "c" || page.Next != "" {
		b.Fatalf("after b: %+v, want c, the last", page)
	}
}

func emptyRoom(b *bench) {
	if page := b.page("nobody", "", 10); page.Count != 0 || len(page.Users) != 0 || page.Next != "" {
		b.Fatalf("a room nobody was in: %+v", page)
	}
	b.join("n1", at("r", "u"))
	left := b.leave("n1", at("r", "u"))[0]
	page := b.page("r", "", 10)
	if page.Count != 0 || len(page.Users) != 0 || page.Version != left.Version {
		b.Fatalf("a room all have left: %+v, want version %d", page, left.Version)
	}
}

func roomsHaveUsers(b *bench) {
	b.join("n1", at("r2", "u"), at("r2", "v"), at("r1", "u"), at("r3", "u"))
	b.leave("n1", at("r3", "u"))
	rooms, err := b.Roster.Rooms(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if len(rooms) != 2 || rooms[0].Room != "r1" || rooms[0].Count != 1 || rooms[1].Room != "r2" || rooms[1].Count != 2 {
		b.Fatalf("rooms %+v, want r1 with 1 and r2 with 2", rooms)
	}
	if want := b.page("r2", "", 1).Version; rooms[1].Version != want {
		b.Fatalf("r2 has version %d, want %d", rooms[1].Version, want)
	}
}

func userTellsRoomsAndLastSeen(b *bench) {
	if got := b.user("u"); got.Online || len(got.Rooms) != 0 || !got.LastSeen.IsZero() {
		b.Fatalf("never seen: %+v", got)
	}
	b.join("n1", at("r2", "u"), at("r1", "u"))
	b.join("n2", at("r1", "u"))
	if got := b.user("u"); !got.Online || !slices.Equal(got.Rooms, []string{"r1", "r2"}) {
		b.Fatalf("online: %+v, want r1 and r2", got)
	}
	b.Move(50 * time.Minute)
	b.refresh("n1", at("r2", "u"))
	beat := b.Now()
	b.Move(5 * time.Minute)
	b.leave("n1", at("r1", "u"), at("r2", "u"))
	b.leave("n2", at("r1", "u"))
	b.Move(time.Hour)
	got := b.user("u")
	if got.Online || len(got.Rooms) != 0 || !got.LastSeen.Equal(beat.Truncate(time.Minute)) {
		b.Fatalf("offline: %+v, want last seen %v", got, beat.Truncate(time.Minute))
	}
}

func lastSeenIsForgotten(b *bench) {
	b.join("n1", at("r", "u"))
	b.leave("n1", at("r", "u"))
	b.Move(29 * 24 * time.Hour)
	if b.user("u").LastSeen.IsZero() {
		b.Fatal("after 29 days nothing is known")
	}
	b.Move(2 * 24 * time.Hour)
	b.sweep()
	if got := b.user("u").LastSeen; !got.IsZero() {
		b.Fatalf("after 31 days last seen is %v, want forgotten", got)
	}
	b.wantKinds(b.join("n1", at("r", "u")), at("r", "u"), presence.Joined)
}
