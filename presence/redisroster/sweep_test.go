package redisroster

import (
	"testing"
	"time"
)

// TestDeadHoldersOfThePresentDelayNobodysLeave: of a dead node's users most are
// back on another one, which makes no transition; whoever is not back leaves
// with the first sweeps all the same.
func TestDeadHoldersOfThePresentDelayNobodysLeave(t *testing.T) {
	b := newBench(t, Config{SweepGap: time.Hour, SweepLimit: 100})
	places, joins := halls(3000)
	last := len(joins) - 1
	b.sweep()
	b.join("n1", joins[:last]...)
	b.clock.Move(time.Millisecond)
	b.join("n1", joins[last])
	b.join("n2", joins[:last]...)
	b.clock.Move(time.Minute)
	b.refresh("n2", places[:last]...)
	if made := b.sweep(); len(made) != 1 || made[0].Place != places[last] {
		t.Fatalf("%+v, want that %v left, with one sweep", made, places[last])
	}
	if n := len(b.sweep()); n != 0 {
		t.Fatalf("%d more left", n)
	}
	wantConsistent(t, b.Roster)
}
