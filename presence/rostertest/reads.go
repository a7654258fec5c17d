package rostertest

import (
	"context"
	"errors"
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

func pageShowsAUserOfManyNodesOnce(b *bench) {
	places := []presence.Place{at("r", "a"), at("r", "b"), at("r", "c")}
	for _, node := range []string{"n1", "n2", "n3"} {
		b.join(node, places...)
	}
	if got := b.users("r"); !slices.Equal(got, []string{"a", "b", "c"}) {
		b.Fatalf("users %q, want each once", got)
	}
	for _, c := range []struct{ after, want, next string }{{"", "a", "a"}, {"a", "b", "b"}, {"b", "c", ""}} {
		page := b.page("r", c.after, 1)
		if len(page.Users) != 1 || page.Users[0].User != c.want || page.Next != c.next || page.Count != 3 {
			b.Fatalf("one user after %q: %+v, want %s and next %q", c.after, page, c.want, c.next)
		}
	}
	if page := b.page("r", "", 0); len(page.Users) != 0 || page.Count != 3 || page.Next != "" {
		b.Fatalf("no users asked: %+v, want the count alone", page)
	}
}

func countsAreInTheirOrder(b *bench) {
	b.join("n1", at("r2", "u"), at("r2", "v"), at("r1", "u"), at("r3", "u"))
	b.join("n2", at("r2", "u"))
	left := b.leave("n1", at("r3", "u"))[0]
	names := []string{"r3", "nobody", "r2", "r1", "r2"}
	counts, err := b.Roster.Counts(b.Context(), names)
	if err != nil {
		b.Fatal(err)
	}
	b.settlesAsPages(counts)
	two := presence.RoomCount{Room: "r2", Version: b.page("r2", "", 1).Version, Count: 2}
	want := []presence.RoomCount{
		{Room: "r3", Version: left.Version},
		{Room: "nobody"},
		two,
		{Room: "r1", Version: b.page("r1", "", 1).Version, Count: 1},
		two,
	}
	if !slices.Equal(counts, want) {
		b.Fatalf("counts of %v are %+v, want %+v", names, counts, want)
	}
	if counts, err := b.Roster.Counts(b.Context(), nil); err != nil || len(counts) != 0 {
		b.Fatalf("counts of no rooms: %v, %v", counts, err)
	}
}

// settlesAsPages checks that counts settle when pages do, and then takes it off
// them, for drivers that never settle.
func (b *bench) settlesAsPages(counts []presence.RoomCount) {
	b.Helper()
	for i := range counts {
		if counts[i].Settling != b.page(counts[i].Room, "", 0).Settling {
			b.Fatalf("%+v, its page settles otherwise", counts[i])
		}
		counts[i].Settling = false
	}
}

func nothingIsNoError(b *bench) {
	b.wantKinds(b.join("n1"), at("", ""))
	b.wantKinds(b.leave("n1"), at("", ""))
	b.wantKinds(b.setMeta(presence.Meta{}), at("", ""))
	b.wantKinds(b.sweep(), at("", ""))
	if missing := b.refresh("n1"); len(missing) != 0 {
		b.Fatalf("missing %v of nobody", missing)
	}
	if rooms, err := b.Roster.Rooms(b.Context()); err != nil || len(rooms) != 0 {
		b.Fatalf("rooms %v, %v; want none", rooms, err)
	}
}

func endedContextIsAnError(b *bench) {
	b.join("n1", at("r", "u"))
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	joins, places := joins(presence.Meta{}, []presence.Place{at("r", "v")}), []presence.Place{at("r", "u")}
	for name, call := range map[string]func() error{
		"join":    func() error { _, err := b.Roster.Join(ctx, "n1", joins); return err },
		"leave":   func() error { _, err := b.Roster.Leave(ctx, "n1", places); return err },
		"refresh": func() error { _, err := b.Roster.Refresh(ctx, "n1", places); return err },
		"meta":    func() error { _, err := b.Roster.SetMeta(ctx, joins); return err },
		"sweep":   func() error { _, err := b.Roster.Sweep(ctx); return err },
		"page":    func() error { _, err := b.Roster.Page(ctx, "r", "", 10); return err },
		"counts":  func() error { _, err := b.Roster.Counts(ctx, []string{"r"}); return err },
		"rooms":   func() error { _, err := b.Roster.Rooms(ctx); return err },
		"user":    func() error { _, err := b.Roster.User(ctx, "u"); return err },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			b.Errorf("%s: %v, want the context's error", name, err)
		}
	}
	if got := b.users("r"); !slices.Equal(got, []string{"u"}) {
		b.Errorf("room has %q, want u as before", got)
	}
}
