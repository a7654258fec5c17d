package presence_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
	"rollcall/presence/memroster"
)

// pickyRoster makes all calls, and fails those that it refuses: a roster that
// is full, or of which a part does not answer.
type pickyRoster struct {
	presence.Roster

	mu     sync.Mutex
	refuse func(call string, p presence.Place) bool // nil = nothing
}

func (r *pickyRoster) set(refuse func(string, presence.Place) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

func (r *pickyRoster) takes(call string, p presence.Place) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refuse == nil || !r.refuse(call, p)
}

// sift returns the entries that are taken, and an error if any is not.
func sift[T any](r *pickyRoster, call string, all []T, place func(T) presence.Place) (good []T, err error) {
	for _, e := range all {
		if r.takes(call, place(e)) {
			good = append(good, e)
		} else {
			err = errDown
		}
	}
	return good, err
}

func placeOf(j presence.Join) presence.Place      { return j.Place }
func placeItself(p presence.Place) presence.Place { return p }

func (r *pickyRoster) Join(ctx context.Context, node string, joins []presence.Join) ([]presence.Transition, error) {
	good, refused := sift(r, "join", joins, placeOf)
	made, err := r.Roster.Join(ctx, node, good)
	return made, errors.Join(err, refused)
}

func (r *pickyRoster) Leave(ctx context.Context, node string, places []presence.Place) ([]presence.Transition, error) {
	good, refused := sift(r, "leave", places, placeItself)
	made, err := r.Roster.Leave(ctx, node, good)
	return made, errors.Join(err, refused)
}

func (r *pickyRoster) Refresh(ctx context.Context, node string, places []presence.Place) ([]presence.Place, error) {
	good, refused := sift(r, "refresh", places, placeItself)
	missing, err := r.Roster.Refresh(ctx, node, good)
	return missing, errors.Join(err, refused)
}

func (r *pickyRoster) SetMeta(ctx context.Context, metas []presence.Join) ([]presence.Transition, error) {
	good, refused := sift(r, "meta", metas, placeOf)
	made, err := r.Roster.SetMeta(ctx, good)
	return made, errors.Join(err, refused)
}

// pickyBubble runs a tracker on a roster that may refuse, beside another node
// that sweeps. What either announces is said.
func pickyBubble(t *testing.T, test func(*bench, *pickyRoster)) {
	synctest.Test(t, func(t *testing.T) {
		mem := newMem(t, memroster.Config{})
		picky := &pickyRoster{Roster: mem}
		b := &bench{TB: t, mem: mem, start: time.Now()}
		b.Tracker = presence.NewTracker("node-1", picky, presence.Config{}, b.heard)
		other := presence.NewTracker("node-2", mem, presence.Config{}, b.heard)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, tracker := range []*presence.Tracker{b.Tracker, other} {
			running.Go(func() { _ = tracker.Run(ctx) })
		}
		t.Cleanup(func() { cancel(); running.Wait() })
		test(b, picky)
	})
}

// TestFullRosterKeepsWhoIsThere: a roster that takes nobody more and changes
// nothing of those it has still takes beats and leaves.
func TestFullRosterKeepsWhoIsThere(t *testing.T) {
	pickyBubble(t, func(b *bench, roster *pickyRoster) {
		b.enter("s1", "r", "stays")
		b.enter("s2", "r", "looks away")
		b.enter("s3", "r", "goes")
		b.enter("s4", "r", "returns")
		pass(time.Second)
		full := true
		roster.set(func(call string, _ presence.Place) bool { return full && (call == "join" || call == "meta") })
		b.enter("s5", "r", "comes")
		b.SetAway("s2", at("r", "looks away"), true)
		pass(time.Second)
		b.ExitAll("s3", presence.Explicit)
		pass(2 * time.Minute)
		b.wantSaid("+r/stays@0", "+r/looks away@0", "+r/goes@0", "+r/returns@0", "-r/goes@2")
		b.wantCount("r", 3)
		if !b.Degraded() {
			b.Error("not degraded while somebody cannot come")
		}
		b.SetAway("s2", at("r", "looks away"), false)
		b.SetAway("s2", at("r", "looks away"), true)
		roster.set(nil)
		pass(3 * time.Second)
		b.wantCount("r", 4)
		if b.Degraded() {
			b.Error("still degraded")
		}
		page, err := b.mem.Page(b.Context(), "r", "looks ", 1)
		if err != nil || !page.Users[0].Meta.Away {
			b.Errorf("%+v, %v; want the one who looks away, away", page.Users, err)
		}
	})
}

// TestChangeThatWasMadeAndFailedIsTakenBack: the answer to a change of meta was
// lost, and then it was undone.
func TestChangeThatWasMadeAndFailedIsTakenBack(t *testing.T) {
	pickyBubble(t, func(b *bench, roster *pickyRoster) {
		b.enter("s1", "r", "u")
		pass(time.Second)
		roster.set(func(call string, _ presence.Place) bool { return call == "meta" })
		b.SetAway("s1", at("r", "u"), true)
		pass(batch)
		if _, err := b.mem.SetMeta(b.Context(), []presence.Join{join("r", "u", true)}); err != nil {
			b.Fatal(err)
		}
		b.SetAway("s1", at("r", "u"), false)
		roster.set(nil)
		pass(3 * time.Second)
		page, err := b.mem.Page(b.Context(), "r", "", 1)
		if err != nil || page.Users[0].Meta.Away {
			b.Errorf("%+v, %v; want nobody away", page.Users, err)
		}
	})
}

// TestPartThatFailsStopsNoOther: of many rooms one cannot be reached, by the
// node that has most users in it.
func TestPartThatFailsStopsNoOther(t *testing.T) {
	for _, calls := range []string{"refresh", "all"} {
		t.Run(calls, func(t *testing.T) {
			pickyBubble(t, func(b *bench, roster *pickyRoster) {
				const rooms, users = 40, 80 // more than three chunks of beats
				for i := range rooms * users {
					b.enter(fmt.Sprint("s", i), fmt.Sprint("room-", i%rooms), fmt.Sprint("u", i))
				}
				pass(2 * time.Second)
				roster.set(func(call string, p presence.Place) bool {
					return p.Room == "room-7" && (calls == "all" || call == calls)
				})
				b.enter("new in 7", "room-7", "x")
				for i := range 500 { // more than fit a batch
					b.enter(fmt.Sprint("new", i), "room-7", fmt.Sprint("new", i))
				}
				pass(time.Second)
				b.enter("new in 8", "room-8", "x")
				pass(2 * time.Minute)
				for i := range rooms {
					want := users
					switch i {
					case 7:
						continue
					case 8:
						want++
					}
					b.wantCount(fmt.Sprint("room-", i), want)
				}
				b.wantNobodyLeft("room-7")
			})
		})
	}
}

// wantNobodyLeft checks that in all rooms but one nobody was said to leave.
func (b *bench) wantNobodyLeft(but string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, said := range b.said {
		if said[0] == '-' && !strings.HasPrefix(said, "-"+but+"/") {
			b.Fatalf("announced %s, and nobody left", said)
		}
	}
}

// TestStormWhileAPartFailsLosesNobody: each batch fails, for somebody in it
// cannot be told, and all of it is told again when the others have had their
// turn.
func TestStormWhileAPartFailsLosesNobody(t *testing.T) {
	pickyBubble(t, func(b *bench, roster *pickyRoster) {
		roster.set(func(_ string, p presence.Place) bool { return p.Room == "room-7" })
		const rooms, users = 40, 80
		for i := range rooms * users {
			b.enter(fmt.Sprint("s", i), fmt.Sprint("room-", i%rooms), fmt.Sprint("u", i))
		}
		pass(4 * time.Minute)
		b.wantNobodyLeft("room-7")
		for i := range rooms {
			if i != 7 {
				b.wantCount(fmt.Sprint("room-", i), users)
			}
		}
	})
}
