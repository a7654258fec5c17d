package hub_test

import (
	"testing"
	"time"

	"rollcall/hub"
)

// TestBusyRoomWhoseTransitionsCrossIsNotRead: there always is a hole, but each
// is filled before the next look.
func TestBusyRoomWhoseTransitionsCrossIsNotRead(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		p.b.hello("").watchRoom("r")
		time.Sleep(500 * time.Millisecond)
		p.wantReads(t, 1, 1)
		for i := range 200 { // 10 s
			p.bus.late.Store(int64(i+1) % 2 * int64(180*time.Millisecond))
			p.crowd(t, i, i+1, true)
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(time.Second)
		p.wantReads(t, 0, 0)
	})
}

// TestHoleOfABusyRoomIsReadOver: what follows a lost transition fills no hole.
func TestHoleOfABusyRoomIsReadOver(t *testing.T) {
	bubblePair(t, hub.Config{}, func(t *testing.T, p *pair) {
		w := p.b.witness("r")
		time.Sleep(500 * time.Millisecond)
		p.wantReads(t, 1, 1)
		p.bus.losing.Store(true)
		p.crowd(t, 0, 1, true)
		p.bus.losing.Store(false)
		for i := range 40 { // 2 s
			p.crowd(t, i+1, i+2, true)
			time.Sleep(50 * time.Millisecond)
		}
		p.wantReads(t, 1, 1)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.in["u0000"] {
			t.Error("the lost one is not shown after two seconds")
		}
	})
}
