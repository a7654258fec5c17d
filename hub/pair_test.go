package hub_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence"
	"rollcall/presence/memroster"
)

// spyRoster counts the reads of rooms and may change what they say.
type spyRoster struct {
	hub.Roster
	pages, counts atomic.Int64
	change        atomic.Pointer[func(*presence.Page)]
	forget        atomic.Bool // it knows nothing, and settles
	failing       atomic.Bool
}

func (s *spyRoster) Page(ctx context.Context, room, after string, limit int) (presence.Page, error) {
	s.pages.Add(1)
	if s.failing.Load() {
		return presence.Page{}, errDisk
	}
	if s.forget.Load() {
		return presence.Page{Settling: true}, nil
	}
	p, err := s.Roster.Page(ctx, room, after, limit)
	if change := s.change.Load(); change != nil {
		(*change)(&p)
	}
	return p, err
}

func (s *spyRoster) Counts(ctx context.Context, rooms []string) ([]presence.RoomCount, error) {
	s.counts.Add(1)
	if s.forget.Load() {
		return make([]presence.RoomCount, len(rooms)), nil
	}
	return s.Roster.Counts(ctx, rooms)
}

// spyBus is a bus that loses or delays what is told, and counts who watches.
type spyBus struct {
	hub.Bus
	losing  atomic.Bool
	late    atomic.Int64 // ns
	watched atomic.Int64
}

func (b *spyBus) PublishTransitions(ts []presence.Transition) {
	if b.losing.Load() {
		return
	}
	if late := time.Duration(b.late.Load()); late > 0 {
		time.AfterFunc(late, func() { b.Bus.PublishTransitions(ts) })
		return
	}
	b.Bus.PublishTransitions(ts)
}

func (b *spyBus) WatchRoom(room string) (stop func()) {
	b.watched.Add(1)
	end := b.Bus.WatchRoom(room)
	return func() { b.watched.Add(-1); end() }
}

// pair is two nodes on one store and one roster: people join on a, and b
// watches.
type pair struct {
	a, b   *bubbleNode
	roster *spyRoster
	bus    *spyBus // a's
	heard  *spyBus // b's
}

// bubblePair runs a test with two nodes in a bubble of fake time.
func bubblePair(t *testing.T, cfg hub.Config, run func(*testing.T, *pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store, err := pebbleboard.Open(pebbleboard.Config{})
		if err != nil {
			t.Fatal(err)
		}
		roster, err := memroster.New(t.Context(), memroster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := roster.Close(context.Background()); err != nil {
				t.Error(err)
			}
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		wire := membus.New()
		p := &pair{roster: &spyRoster{Roster: roster}, bus: &spyBus{Bus: wire.Node()}, heard: &spyBus{Bus: wire.Node()}}
		node := func(bus hub.Bus) *bubbleNode {
			h := hub.New(cfg, store, p.roster, bus)
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			return serveBubble(&testNode{TB: t, hub: h})
		}
		p.a, p.b = node(p.bus), node(p.heard)
		defer p.a.stop()
		defer p.b.stop()
		run(t, p)
	})
}

// wantReads checks how often rooms were read since the last call.
func (p *pair) wantReads(t testing.TB, least, most int64) {
	t.Helper()
	synctest.Wait()
	if n := p.roster.pages.Swap(0); n < least || n > most {
		t.Errorf("rooms were read %d times, want %d to %d", n, least, most)
	}
}

// crowd makes users join, or leave, on a node of which only a's bus tells.
func (p *pair) crowd(t testing.TB, from, to int, join bool) {
	t.Helper()
	var joins []presence.Join
	var places []presence.Place
	for i := from; i < to; i++ {
		at := presence.Place{Room: "r", User: fmt.Sprintf("u%04d", i)}
		joins, places = append(joins, presence.Join{Place: at, Meta: presence.Meta{Name: at.User}}), append(places, at)
	}
	do := func() ([]presence.Transition, error) { return p.roster.Leave(t.Context(), "crowd", places) }
	if join {
		do = func() ([]presence.Transition, error) { return p.roster.Join(t.Context(), "crowd", joins) }
	}
	ts, err := do()
	if err != nil {
		t.Fatal(err)
	}
	p.bus.PublishTransitions(ts)
}
