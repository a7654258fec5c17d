package presence_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/presence"
)

// roomModel is a room as plain as it can be, with all it ever was.
type roomModel struct {
	version uint64
	users   map[string]presence.Online
	was     map[uint64]map[string]presence.Online
}

func newRoomModel() *roomModel {
	return &roomModel{users: map[string]presence.Online{}, was: map[uint64]map[string]presence.Online{0: {}}}
}

// change makes a user come, go or change, as it fits.
func (m *roomModel) change(rng *rand.Rand, user string) presence.Transition {
	t := presence.Transition{Place: at("r", user), Prev: m.version, Version: m.version + 1 + rng.Uint64N(3), Kind: presence.Joined}
	o, here := m.users[user]
	switch {
	case !here:
		o = presence.Online{User: user, Since: time.UnixMicro(int64(t.Version))}
	case rng.IntN(3) == 0:
		t.Kind = presence.Changed
		o.Meta.Away = !o.Meta.Away
	default:
		t.Kind = presence.Left
	}
	m.users[user] = o
	if t.Kind == presence.Left {
		delete(m.users, user)
	}
	m.version = t.Version
	m.was[m.version] = maps.Clone(m.users)
	t.Meta, t.Since, t.Count = o.Meta, o.Since, len(m.users)
	return t
}

func sorted(users map[string]presence.Online) []presence.Online {
	return slices.SortedFunc(maps.Values(users), func(a, b presence.Online) int { return strings.Compare(a.User, b.User) })
}

// page is the first page, as a roster gives it.
func (m *roomModel) page(limit int) presence.Page {
	p := presence.Page{Version: m.version, Count: len(m.users), Users: sorted(m.users)}
	if p.Count > limit {
		p.Users = p.Users[:limit]
		p.Next = p.Users[limit-1].User
	}
	return p
}

// wantTruth checks that a page is the room as it was at the page's version.
func (m *roomModel) wantTruth(t testing.TB, p presence.Page, limit int) {
	t.Helper()
	was, ok := m.was[p.Version]
	want := sorted(was)
	if !ok || p.Count != len(want) || len(p.Users) > limit || p.Next == "" && len(p.Users) != p.Count {
		t.Fatalf("%+v, at that version %d users were there", p, len(want))
	}
	want = slices.DeleteFunc(want, func(o presence.Online) bool { return p.Next != "" && o.User > p.Next })
	if !slices.Equal(p.Users, want) {
		t.Fatalf("users %+v up to %q, want %+v", p.Users, p.Next, want)
	}
}

// modelBus carries the transitions of two nodes: each in order, and between
// them in any; some twice, some never.
type modelBus struct {
	rng   *rand.Rand
	lossy bool
	nodes [2][]presence.Transition
}

func (b *modelBus) publish(t presence.Transition) {
	n := b.rng.IntN(2)
	copies := 1
	if b.lossy {
		copies = []int{0, 1, 1, 1, 1, 1, 1, 2}[b.rng.IntN(8)]
	}
	for range copies {
		b.nodes[n] = append(b.nodes[n], t)
	}
}

func (b *modelBus) deliver(r *presence.Replica) {
	n := b.rng.IntN(2)
	for k := b.rng.IntN(len(b.nodes[n]) + 1); k > 0; k-- {
		r.Hear(b.nodes[n][0])
		b.nodes[n] = b.nodes[n][1:]
	}
}

// TestReplicaIsTheRoomAtSomeVersion: whatever crosses, is lost or comes twice,
// a whole replica is the room as it was at its version, and after a read the
// room as it is.
func TestReplicaIsTheRoomAtSomeVersion(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		limit := []int{3, 8, 100}[rng.IntN(3)]
		m, r, b := newRoomModel(), presence.NewReplica(limit), &modelBus{rng: rng, lossy: seed%3 > 0}
		live := func() {
			for range rng.IntN(6) {
				b.publish(m.change(rng, fmt.Sprintf("u%02d", rng.IntN(12))))
			}
			b.deliver(r)
		}
		read := func() {
			r.Ask()
			live() // before the roster answers
			p := m.page(limit)
			live() // and while the answer is on its way
			r.Reset(p)
			if r.Version() != p.Version {
				t.Fatalf("seed %d: version %d after a page of %d", seed, r.Version(), p.Version)
			}
			m.wantTruth(t, r.Page(), limit)
		}
		read()
		holes := 0
		for range 300 {
			live()
			whole := r.Fold()
			m.wantTruth(t, r.Page(), limit)
			if !whole {
				holes++
			}
			if b.lossy && !whole && rng.IntN(3) == 0 {
				read()
			}
		}
		if holes == 0 {
			t.Fatalf("seed %d: nothing crossed or was lost", seed)
		}
		for len(b.nodes[0])+len(b.nodes[1]) > 0 {
			b.deliver(r)
		}
		if b.lossy {
			read()
			for len(b.nodes[0])+len(b.nodes[1]) > 0 {
				b.deliver(r)
			}
			r.Ask()
			r.Reset(m.page(limit))
		}
		if whole := r.Fold(); !whole || r.Version() != m.version {
			t.Fatalf("seed %d: whole %v at version %d, the room is at %d", seed, whole, r.Version(), m.version)
		}
		m.wantTruth(t, r.Page(), limit)
	}
}
