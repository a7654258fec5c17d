package memroster

import (
	"testing"
	"time"

	"rollcall/presence/rostertest"
)

func TestClockNeverGoesBack(t *testing.T) {
	told := rostertest.NewClock()
	c := newClock(told.Now)
	told.Move(5 * time.Second)
	c.tick()
	told.Move(-time.Hour)
	if _, at := c.tick(); at != 5*time.Second || !c.stepBack {
		t.Errorf("after a step back it is %v, step noted %v; want 5s and noted", at, c.stepBack)
	}
	told.Move(time.Second)
	if _, at := c.tick(); at != 6*time.Second {
		t.Errorf("a second later it is %v, want 6s", at)
	}
}
