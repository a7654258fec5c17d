package hub_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/hub"
	"rollcall/presence"
	"rollcall/wire"
)

func TestWhoJoinsElsewhereIsSeenWithoutARead(t *testing.T) {
	bubblePair(t, hub.Config{Shared: true}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		time.Sleep(500 * time.Millisecond)
		p.wantReads(t, 1, 1)
		var want []string
		for i := range 30 {
			s := p.a.hello(fmt.Sprintf("u%02d", i)).joins("r")
			time.Sleep(time.Second)
			s.closes(1000)
			time.Sleep(time.Second)
			want = append(want, fmt.Sprintf("+u%02d@%d", i, 2*i), fmt.Sprintf("-u%02d@%d", i, 2*i+1))
		}
		w.want(t, want...)
		p.wantReads(t, 0, 0)
		if n := p.roster.counts.Load(); n < 5 || n > 8 {
			t.Errorf("%d comparisons in a minute, want one each 10 s", n)
		}
	})
}

func TestLostTransitionIsRepairedWhenTheNextComes(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		time.Sleep(time.Second)
		p.bus.losing.Store(true)
		ann := p.a.hello("ann").joins("r")
		ann.background()
		time.Sleep(9500 * time.Millisecond)
		w.want(t)
		p.bus.losing.Store(false)
		p.a.hello("bob").joins("r").background()
		time.Sleep(time.Second)
		synctest.Wait()
		w.wantIn(t, "ann", "bob")
		p.wantReads(t, 2, 2)
	})
}

func TestTransitionsThatCrossNeedNoRead(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		time.Sleep(500 * time.Millisecond)
		p.bus.late.Store(int64(300 * time.Millisecond))
		p.a.hello("ann").joins("r").background()
		time.Sleep(100 * time.Millisecond)
		p.bus.late.Store(0)
		p.a.hello("bob").joins("r").background()
		time.Sleep(100 * time.Millisecond)
		w.wantIn(t)
		time.Sleep(2 * time.Second)
		w.wantIn(t, "ann", "bob")
		p.wantReads(t, 1, 1)
	})
}

func TestLostTransitionOfAQuietRoomIsFoundByComparing(t *testing.T) {
	bubblePair(t, hub.Config{Shared: true}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		time.Sleep(5 * time.Second)
		p.bus.losing.Store(true)
		p.a.hello("ann").joins("r").background()
		time.Sleep(12 * time.Second)
		w.wantIn(t, "ann")
		p.wantReads(t, 2, 2)
		time.Sleep(time.Minute)
		p.wantReads(t, 0, 0)
	})
}

func TestWatchThatTakesHoldLateIsMadeUpForWithinSeconds(t *testing.T) {
	bubblePair(t, hub.Config{Shared: true}, func(t *testing.T, p *pair) {
		p.bus.losing.Store(true)
		w := p.b.witness("r")
		time.Sleep(100 * time.Millisecond)
		p.a.hello("ann").joins("r").background()
		time.Sleep(100 * time.Millisecond)
		w.wantIn(t)
		time.Sleep(3 * time.Second)
		w.wantIn(t, "ann")
	})
}

func TestDoubtComparesEveryWatchedRoomAtOnce(t *testing.T) {
	bubblePair(t, hub.Config{Shared: true, RoomPoll: time.Hour}, func(t *testing.T, p *pair) {
		w, other, _ := p.b.witness("r"), p.b.witness("other"), p.b.witness("quiet")
		time.Sleep(3 * time.Second) // past the first comparison
		p.bus.losing.Store(true)
		p.a.hello("ann").joins("r").joins("other").background()
		time.Sleep(time.Minute)
		w.wantIn(t)
		p.wantReads(t, 3, 3)
		p.roster.counts.Store(0)
		for range 10 {
			p.b.hub.Doubt()
		}
		time.Sleep(2 * time.Second)
		w.wantIn(t, "ann")
		other.wantIn(t, "ann")
		p.wantReads(t, 2, 2)
		if n := p.roster.counts.Load(); n < 1 || n > 2 {
			t.Errorf("%d calls to compare three rooms", n)
		}
	})
}

func TestRosterThatLostItsVersionsIsReadAgain(t *testing.T) {
	bubblePair(t, hub.Config{Shared: true}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		p.a.hello("ann").joins("r").background()
		time.Sleep(5 * time.Second)
		w.wantIn(t, "ann")
		p.wantReads(t, 1, 1)
		p.roster.forget.Store(true)
		time.Sleep(13 * time.Second)
		w.want(t, "+ann@0") // the roster settles
		p.wantReads(t, 1, 7)
		p.roster.forget.Store(false)
		time.Sleep(13 * time.Second)
		w.want(t, "+ann@0")
	})
}

func TestNobodyLeavesWhileTheRosterSettles(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		p.a.hello("ann").joins("r").background()
		bob := p.a.hello("bob").joins("r")
		p.a.hello("cyd").joins("r").background()
		time.Sleep(time.Second)
		w.want(t, "+ann@0", "+bob@0", "+cyd@0")
		only := func(user string, settling bool) *func(*presence.Page) {
			f := func(page *presence.Page) {
				page.Settling, page.Count, page.Users = settling, 1, []presence.Online{{User: user, Since: time.Now()}}
			}
			return &f
		}
		p.wantReads(t, 1, 1)
		p.roster.change.Store(only("ann", true))
		miss(p.b.hub, "r")
		time.Sleep(7 * time.Second)
		p.wantReads(t, 3, 4)
		w.want(t, "+ann@0", "+bob@0", "+cyd@0")
		bob.closes(1000)
		time.Sleep(3 * time.Second)
		w.want(t, "+ann@0", "+bob@0", "+cyd@0", "-bob@8")
		p.roster.change.Store(only("cyd", false)) // the same version, settled: now it is the truth
		time.Sleep(3 * time.Second)
		w.wantIn(t, "cyd")
		p.wantReads(t, 2, 4)
		time.Sleep(time.Minute)
		p.wantReads(t, 0, 0)
	})
}

func TestRoomIsWatchedWhileSomebodyLooks(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		settling := func(page *presence.Page) { page.Settling = true }
		p.roster.change.Store(&settling)
		for range 2 {
			s, other := p.b.hello(""), p.b.hello("")
			for _, s := range []*bubbleSession{s, other} {
				s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r"}, nil)
				s.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r", Mode: "count"}, nil)
			}
			if n := p.heard.watched.Load(); n != 1 {
				t.Errorf("%d watches of one room", n)
			}
			s.closes(1000)
			other.closes(1000)
			time.Sleep(time.Second)
			if n := p.heard.watched.Load(); n != 0 {
				t.Errorf("%d watches, and nobody looks", n)
			}
		}
		p.roster.pages.Store(0)
		time.Sleep(time.Minute) // no more reads, although the roster settles
		p.wantReads(t, 0, 0)
	})
}

func TestLargeRoomIsReadOnlyForUsersItDoesNotKnow(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		page := p.b.hello("").watchRoom("r")
		count := p.b.hello("")
		count.ok(wire.Request{Op: "subscribe", View: "presence", Room: "r", Mode: "count"}, nil)
		counted := &roster{s: count.testSession}
		counted.fold(count.next())
		both := func(n, users int) {
			t.Helper()
			page.until(fmt.Sprint(n), func() bool { return page.state.Count == n && len(page.users) == users })
			counted.until(fmt.Sprint(n), func() bool { return counted.state.Count == n })
		}
		p.crowd(t, 100, 300, true)
		both(200, 200)
		p.crowd(t, 300, 900, true)
		both(800, 100)
		p.crowd(t, 50, 60, true) // before those shown
		both(810, 100)
		if _, ok := page.users["u0050"]; !ok {
			t.Error("the page does not show its new first user")
		}
		p.crowd(t, 500, 900, false) // beyond what is known
		both(410, 100)
		p.wantReads(t, 1, 1)
		p.crowd(t, 100, 400, false) // of those known, too few are left
		both(110, 110)
		p.wantReads(t, 1, 1)
		for i := 400; i < 500; i++ {
			if _, ok := page.users[fmt.Sprintf("u%04d", i)]; !ok {
				t.Fatalf("u%04d is not shown", i)
			}
		}
	})
}

func TestFailingReadOfALargeRoomIsTriedOnceASecond(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		p.crowd(t, 0, 800, true)
		time.Sleep(2 * time.Second)
		p.wantReads(t, 1, 1)
		p.roster.failing.Store(true)
		p.crowd(t, 0, 300, false) // of those known, too few are left
		time.Sleep(10 * time.Second)
		p.wantReads(t, 8, 10)
		p.roster.failing.Store(false)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.in) != 100 || !w.in["u0300"] || w.degraded {
			t.Errorf("%d users shown, degraded %v", len(w.in), w.degraded)
		}
	})
}
