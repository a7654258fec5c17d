package client

import (
	"cmp"
	"slices"

	"rollcall/wire"
)

// The folds make the next state of a view from a state and a delta onto it.
// They are pure: neither argument is changed, so states may be kept. The bool
// is false where the delta does not fit. The browser SDK folds alike; both are
// held to static/testdata/golden.

// maxActivity is how many changes an activity state holds.
const maxActivity = 50

// FoldBoard folds a delta onto a top view: the gone leave, the others are set
// by member, keeping absent fields; then the order is (rank, member). It is
// false if the delta moves a member that s does not have: it was meant for
// another state, and only a snapshot helps.
func FoldBoard(s wire.BoardSnapshot, d wire.BoardDelta) (wire.BoardSnapshot, bool) {
	rows := make(map[string]wire.Entry, len(s.Entries)+len(d.Entries))
	for _, e := range s.Entries {
		rows[e.Member] = e
	}
	for _, member := range d.Gone {
		delete(rows, member)
	}
	for _, change := range d.Entries {
		known, has := rows[change.Member]
		if !has && change.Score == nil {
			return s, false
		}
		rows[change.Member] = foldEntry(known, change)
	}
	s.Version, s.Total, s.Frozen = d.Version, d.Total, d.Frozen
	s.Entries = make([]wire.Entry, 0, len(rows))
	for _, e := range rows {
		s.Entries = append(s.Entries, e)
	}
	slices.SortFunc(s.Entries, func(a, b wire.Entry) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Member, b.Member))
	})
	return s, true
}

func foldEntry(e wire.Entry, d wire.EntryDelta) wire.Entry {
	e.Rank, e.Member = d.Rank, d.Member
	if d.Name != nil {
		e.Name = *d.Name
	}
	if d.Group != nil {
		e.Group = *d.Group
	}
	if d.Score != nil {
		e.Score = *d.Score
	}
	if d.Tie != nil {
		e.Tie = *d.Tie
	}
	if d.Cells != nil {
		e.Cells = d.Cells
	}
	return e
}

// FoldPresence folds a delta onto a presence view: those who left leave, the
// others are set by user; then the order is by user id. In mode count there
// are no users to fold. It is always true.
func FoldPresence(s wire.PresenceSnapshot, d wire.PresenceDelta) (wire.PresenceSnapshot, bool) {
	users := make(map[string]wire.User, len(s.Users)+len(d.Users))
	for _, u := range s.Users {
		users[u.User] = u
	}
	for _, user := range d.Left {
		delete(users, user)
	}
	for _, u := range d.Users {
		users[u.User] = u
	}
	s.Version, s.Count, s.Degraded = d.Version, d.Count, d.Degraded
	s.Users = make([]wire.User, 0, len(users))
	for _, u := range users {
		s.Users = append(s.Users, u)
	}
	slices.SortFunc(s.Users, func(a, b wire.User) int { return cmp.Compare(a.User, b.User) })
	return s, true
}

// FoldActivity folds the new changes onto an activity view, newest last, and
// keeps the latest 50. It is always true.
func FoldActivity(s, d wire.ActivitySnapshot) (wire.ActivitySnapshot, bool) {
	items := slices.Concat(s.Items, d.Items)
	s.Version = d.Version
	s.Items = items[max(0, len(items)-maxActivity):]
	return s, true
}
