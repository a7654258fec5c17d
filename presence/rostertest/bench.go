package rostertest

import (
	"testing"
	"time"

	"rollcall/presence"
)

// bench is one test's roster and clock, with calls that fail the test on an
// error.
type bench struct {
	testing.TB
	*Clock
	Roster Roster
}

func at(room, user string) presence.Place { return presence.Place{Room: room, User: user} }

func (b *bench) join(node string, places ...presence.Place) []presence.Transition {
	b.Helper()
	return b.joinAs(node, presence.Meta{}, places...)
}

func (b *bench) joinAs(node string, meta presence.Meta, places ...presence.Place) []presence.Transition {
	b.Helper()
	made, err := b.Roster.Join(b.Context(), node, joins(meta, places))
	return b.made("join", made, err)
}

func (b *bench) setMeta(meta presence.Meta, places ...presence.Place) []presence.Transition {
	b.Helper()
	made, err := b.Roster.SetMeta(b.Context(), joins(meta, places))
	return b.made("set meta", made, err)
}

func (b *bench) leave(node string, places ...presence.Place) []presence.Transition {
	b.Helper()
	made, err := b.Roster.Leave(b.Context(), node, places)
	return b.made("leave", made, err)
}

func (b *bench) sweep() []presence.Transition {
	b.Helper()
	made, err := b.Roster.Sweep(b.Context())
	return b.made("sweep", made, err)
}

func (b *bench) refresh(node string, places ...presence.Place) []presence.Place {
	b.Helper()
	missing, err := b.Roster.Refresh(b.Context(), node, places)
	if err != nil {
		b.Fatalf("refresh: %v", err)
	}
	return missing
}

func (b *bench) page(room, after string, limit int) presence.Page {
	b.Helper()
	page, err := b.Roster.Page(b.Context(), room, after, limit)
	if err != nil {
		b.Fatalf("page: %v", err)
	}
	return page
}

func (b *bench) user(id string) presence.UserState {
	b.Helper()
	state, err := b.Roster.User(b.Context(), id)
	if err != nil {
		b.Fatalf("user: %v", err)
	}
	return state
}

func (b *bench) made(what string, made []presence.Transition, err error) []presence.Transition {
	b.Helper()
	if err != nil {
		b.Fatalf("%s: %v", what, err)
	}
	return made
}

// pass lets time go by with sweeps every two seconds and the beats of these
// places every eight; it returns what the sweeps did.
func (b *bench) pass(d time.Duration, beats map[string][]presence.Place) []presence.Transition {
	b.Helper()
	var made []presence.Transition
	for gone := 2 * time.Second; gone <= d; gone += 2 * time.Second {
		b.Move(2 * time.Second)
		if gone%(8*time.Second) == 0 {
			for node, places := range beats {
				b.refresh(node, places...)
			}
		}
		made = append(made, b.sweep()...)
	}
	return made
}

// wantKinds checks what was made of one place, in order.
func (b *bench) wantKinds(made []presence.Transition, p presence.Place, kinds ...presence.Kind) {
	b.Helper()
	if len(made) != len(kinds) {
		b.Fatalf("got %d transitions %+v, want %v", len(made), made, kinds)
	}
	for i, tr := range made {
		if tr.Kind != kinds[i] || tr.Place != p {
			b.Fatalf("transition %d is %+v, want kind %v of %v", i, tr, kinds[i], p)
		}
	}
}

// users returns the ids of a room.
func (b *bench) users(room string) []string {
	b.Helper()
	ids := []string{}
	for _, u := range b.page(room, "", 1000).Users {
		ids = append(ids, u.User)
	}
	return ids
}

func joins(meta presence.Meta, places []presence.Place) []presence.Join {
	all := make([]presence.Join, len(places))
	for i, p := range places {
		all[i] = presence.Join{Place: p, Meta: meta}
	}
	return all
}
