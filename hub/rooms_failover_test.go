package hub_test

import (
	"testing"
	"time"

	"rollcall/hub"
	"rollcall/presence"
)

// TestNobodyLeavesThoughTheRosterLostItsLastSecond: a failover may be too quick
// for the roster to settle, and whoever came just before it is missing until
// his node has beaten.
func TestNobodyLeavesThoughTheRosterLostItsLastSecond(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		p.a.hello("ann").joins("r").background()
		time.Sleep(time.Second)
		p.a.hello("bob").joins("r").background()
		time.Sleep(time.Second)
		w.want(t, "+ann@0", "+bob@1")
		older := func(page *presence.Page) {
			page.Version, page.Count, page.Users = page.Version-1, 1, page.Users[:1]
		}
		p.roster.change.Store(&older)
		p.wantReads(t, 1, 1)
		miss(p.b.hub, "r")
		time.Sleep(9 * time.Second)
		p.wantReads(t, 4, 5)
		w.want(t, "+ann@0", "+bob@1")
		p.roster.change.Store(nil) // his node has put him back
		time.Sleep(20 * time.Second)
		w.want(t, "+ann@0", "+bob@1")
		p.roster.pages.Store(0)
		p.a.hello("cyd").joins("r").closes(1000)
		time.Sleep(time.Minute)
		w.wantIn(t, "ann", "bob")
		p.wantReads(t, 0, 0)
	})
}
