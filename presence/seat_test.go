package presence

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// deafRoster takes every call and knows nothing.
type deafRoster struct{}

func (deafRoster) Join(context.Context, string, []Join) ([]Transition, error)   { return nil, nil }
func (deafRoster) Leave(context.Context, string, []Place) ([]Transition, error) { return nil, nil }
func (deafRoster) Refresh(context.Context, string, []Place) ([]Place, error)    { return nil, nil }
func (deafRoster) SetMeta(context.Context, []Join) ([]Transition, error)        { return nil, nil }
func (deafRoster) Sweep(context.Context) ([]Transition, error)                  { return nil, nil }

func TestNothingIsKeptOfWhoHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracker := NewTracker("node", deafRoster{}, Config{}, func([]Transition) {})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = tracker.Run(ctx) })
		for _, cause := range []Cause{Explicit, Going, Broken} {
			for _, wait := range []time.Duration{0, time.Second} {
				if err := tracker.Enter("s", Join{Place: Place{Room: "r", User: "u"}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(wait)
				tracker.ExitAll("s", cause)
				time.Sleep(wait)
			}
		}
		time.Sleep(time.Minute)
		cancel()
		running.Wait()
		if n := len(tracker.seats) + len(tracker.sessions) + len(tracker.graces) + len(tracker.queue) + len(tracker.round); n != 0 {
			t.Errorf("%d things are kept", n)
		}
	})
}
