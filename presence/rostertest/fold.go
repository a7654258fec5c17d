package rostertest

import (
	"fmt"
	"slices"

	"rollcall/presence"
)

// see folds one transition and checks it against the ones before.
func (m *model) see(tr presence.Transition, kinds ...presence.Kind) {
	m.Helper()
	before, was := m.fold[tr.Place]
	if tr.Prev != m.last[tr.Room] || tr.Version <= tr.Prev {
		m.Fatalf("%+v does not follow version %d of its room", tr, m.last[tr.Room])
	}
	m.last[tr.Room], m.moved[tr.Room] = tr.Version, true
	switch {
	case !slices.Contains(kinds, tr.Kind):
		m.Fatalf("%+v comes from a call that cannot make it", tr)
	case was == (tr.Kind == presence.Joined):
		m.Fatalf("%+v, but present before = %v", tr, was)
	case tr.Kind == presence.Changed && before.Meta == tr.Meta:
		m.Fatalf("%+v changes nothing", tr)
	}
	if tr.Kind == presence.Left {
		delete(m.fold, tr.Place)
	} else {
		m.fold[tr.Place] = tr
	}
	if n := m.present(tr.Room); tr.Count != n {
		m.Fatalf("%+v has count %d, want %d distinct users", tr, tr.Count, n)
	}
}

func (m *model) present(room string) int {
	n := 0
	for p := range m.fold {
		if p.Room == room {
			n++
		}
	}
	return n
}

// checkPages checks that the roster is what its transitions tell, in the rooms
// that had any since, or all.
func (m *model) checkPages(all bool) {
	m.Helper()
	for room, version := range m.last {
		if !all && !m.moved[room] {
			continue
		}
		m.moved[room] = false
		page := m.page(room, "", 100)
		if page.Version != version || page.Count != len(page.Users) || page.Count != m.present(room) {
			m.Fatalf("%s: %+v, but its transitions tell version %d and %d users", room, page, version, m.present(room))
		}
		for _, u := range page.Users {
			if tr, ok := m.fold[at(room, u.User)]; !ok || tr.Meta != u.Meta || !tr.Since.Equal(u.Since) {
				m.Fatalf("%s shows %+v, its transitions tell %+v", room, u, tr)
			}
		}
	}
}

// checkReads checks that the other reads tell the same.
func (m *model) checkReads() {
	m.Helper()
	in := make(map[string][]string) // rooms by user
	for p := range m.fold {
		in[p.User] = append(in[p.User], p.Room)
	}
	for i := range modelUsers {
		user := fmt.Sprintf("user-%d", i)
		if got := m.user(user); got.Online != (len(in[user]) > 0) || !slices.Equal(got.Rooms, slices.Sorted(slices.Values(in[user]))) {
			m.Fatalf("%s is %+v, the transitions tell %v", user, got, in[user])
		}
	}
	rooms, err := m.Roster.Rooms(m.Context())
	if err != nil {
		m.Fatalf("rooms: %v", err)
	}
	m.settlesAsPages(rooms)
	for room, version := range m.last {
		want := presence.RoomCount{Room: room, Version: version, Count: m.present(room)}
		if slices.Contains(rooms, want) != (want.Count > 0) {
			m.Fatalf("rooms are %+v, the transitions tell %+v", rooms, want)
		}
	}
}

// settle lets the faults end: after a while the roster is exactly what the
// living nodes hold, and none of those left on the way.
func (m *model) settle() {
	m.live(-1, 120)
	m.checkPages(true)
	m.checkReads()
	want := make(map[presence.Place]bool)
	for _, node := range m.nodes {
		for p := range node.held {
			want[p] = true
		}
	}
	for p := range m.fold {
		if !want[p] {
			m.Fatalf("%v is still shown, and nobody holds it", p)
		}
	}
	if len(m.fold) != len(want) {
		m.Fatalf("%d users are shown, the nodes hold %d", len(m.fold), len(want))
	}
}
