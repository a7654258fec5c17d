package faults_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"rollcall/wire"
)

// short are the seeds of `make test`: each topology, faults of each part.
var short = []plan{
	newPlan(16, embedded, "", 6*time.Second),
	newPlan(392, single, "", 6*time.Second),
	newPlan(54, sentinel, "", 6*time.Second), // level memory: the store forgets
	newPlan(44, cluster, "", 6*time.Second),  // level replica
}

// TestShortSeedsHaveTheWorst: what the seeds draw changes with the matrix.
func TestShortSeedsHaveTheWorst(t *testing.T) {
	for i, want := range []struct{ ack, fault string }{
		{"", "node-kill"}, {"", "redis-kill"}, {"", "failover-hole"}, {wire.AckReplica, "failover-cut"},
	} {
		if p := short[i]; p.ack != want.ack || !slices.Contains(p.faults(), want.fault) {
			t.Errorf("choose another seed, with level %q and %s:\n%v", want.ack, want.fault, p)
		}
	}
}

// TestSeeds runs schedules of faults and judges what is left; see the package.
func TestSeeds(t *testing.T) {
	plans := short
	length := cmp.Or(*flagLength, 7*time.Second)
	switch {
	case *flagSeeds > 0:
		plans = nil
		for i := range uint64(*flagSeeds) {
			plans = append(plans, newPlan(*flagSeed+i, topology(*flagTopology), *flagFault, length))
		}
	case isSet("seed"):
		plans = []plan{newPlan(*flagSeed, topology(*flagTopology), *flagFault, length)}
	}
	defer printBook(os.Stdout)
	for i, p := range plans {
		t.Run(fmt.Sprintf("%d-%s", p.seed, p.topology), func(t *testing.T) {
			begin := time.Now()
			r := newWorld(t, p, "").run()
			enter(r)
			s := r.sums
			fmt.Printf("%d of %d: seed %d, %s, %v: %d acked, %d refused, %d resent, %d forgotten; %d lost (and %d by who keeps nothing), %d doubled; %d frames, %d states, %d sightings, %d rosters with holes; right after %v; %v\n",
				i+1, len(plans), p.seed, p.topology, p.faults(), s.acked, s.refused, s.resent, s.forgot, s.lost, s.unkept, s.doubled,
				s.frames, s.states, s.sightings, s.holes, r.took.Round(ms), time.Since(begin).Round(100*ms))
			if s.acked == 0 || s.frames == 0 || s.sightings == 0 {
				t.Errorf("the run proves nothing: %+v", s)
			}
			for _, c := range r.complaints {
				t.Errorf("%s: %s", c.judge, c.text)
			}
			if t.Failed() {
				fmt.Printf("FAILED %v\n", p)
				for _, c := range r.complaints {
					fmt.Printf("\t%s: %.1200s\n", c.judge, c.text)
				}
			}
		})
	}
}
