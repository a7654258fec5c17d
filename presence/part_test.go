package presence_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
	"rollcall/presence/memroster"
)

// partingRoster is a roster that wants to be told when a node stops.
type partingRoster struct {
	presence.Roster
	parted []presence.Place
}

func (r *partingRoster) Part(ctx context.Context, _ string, places []presence.Place) error {
	r.parted = append(r.parted, places...)
	return ctx.Err()
}

func TestStoppedNodePartsWithAllItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem, err := memroster.New(t.Context(), memroster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		roster := &partingRoster{Roster: mem}
		tracker := presence.NewTracker("n1", roster, presence.Config{RefreshChunk: 2}, func([]presence.Transition) {})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = tracker.Run(ctx) })
		for _, user := range []string{"in", "grace", "gone", "too"} {
			if err := tracker.Enter(user, presence.Join{Place: presence.Place{Room: "r", User: user}}); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Second)
		tracker.ExitAll("grace", presence.Broken)
		tracker.ExitAll("gone", presence.Explicit)
		pass(time.Second)
		stop()
		running.Wait()
		var got []string
		for _, p := range roster.parted {
			got = append(got, p.User)
		}
		slices.Sort(got)
		if want := []string{"grace", "in", "too"}; !slices.Equal(got, want) {
			t.Errorf("parted with %v, want %v", got, want)
		}
	})
}
