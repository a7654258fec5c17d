package rostertest

import (
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
	m.last[tr.Room] = tr.Version
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

// checkPages checks that the roster is what its transitions tell.
func (m *model) checkPages() {
	m.Helper()
	for room, version := range m.last {
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

// settle lets the faults end: after a while the roster is exactly what the
// living nodes hold, and none of those left on the way.
func (m *model) settle() {
	m.live(-1, 240)
	m.checkPages()
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
