package faults_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/wire"
)

// topology is what a run is made of.
type topology string

const (
	embedded topology = "embedded" // one node with --data
	single   topology = "single"   // three nodes, Redis with AOF always
	sentinel topology = "sentinel" // three nodes, a primary with two replicas, three sentinels
	cluster  topology = "cluster"  // three nodes, Redis Cluster of three primaries with a replica each
)

var topologies = []topology{embedded, single, sentinel, cluster}

// plan is a run before it runs. It is a pure function of what newPlan is given.
type plan struct {
	seed     uint64
	topology topology
	length   time.Duration // of the load
	ack      string        // --ack of the nodes; "" = as it comes
	steps    []step        // by time
}

// step is one fault. Target is a node, a server or nothing, as the fault says.
type step struct {
	at     time.Duration
	fault  string
	target int
	lasts  time.Duration
}

// newPlan draws a schedule. Every second seed breaks one kind of thing, so that
// a table can say which; the others mix.
func newPlan(seed uint64, on topology, only string, length time.Duration) plan {
	dice := rand.New(rand.NewPCG(seed, 4))
	if drawn := topologies[dice.IntN(len(topologies))]; on == "" {
		on = drawn
	}
	p := plan{seed: seed, topology: on, length: length}
	if heads := dice.IntN(2) == 0; heads && slices.Contains(replicated, on) {
		p.ack = wire.AckReplica
	}
	kinds := faultsOn(on)
	if only == "" && seed%2 == 1 {
		only = kinds[dice.IntN(len(kinds))].name
	}
	for at := time.Second; at < length; {
		f := kinds[dice.IntN(len(kinds))]
		if only != "" {
			f = *faultNamed(only)
		}
		lasts := f.least + time.Duration(dice.Int64N(int64(f.most-f.least)+1))
		p.steps = append(p.steps, step{at: at.Round(time.Millisecond), fault: f.name, target: dice.IntN(6), lasts: lasts.Round(time.Millisecond)})
		at += 700*time.Millisecond + time.Duration(dice.Int64N(int64(time.Second)))
		if only != "" { // else faults of different parts overlap; those of one take turns
			at += lasts
		}
	}
	return p
}

// has reports whether one of the faults is in the plan.
func (p plan) has(fits func(*fault) bool) bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return fits(faultNamed(s.fault)) })
}

// faults are the kinds in the plan, each once.
func (p plan) faults() []string {
	var names []string
	for _, s := range p.steps {
		names = append(names, s.fault)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %s, acks %q, %v of load; again with\n\tgo test ./e2e/faults -run Seeds -v -seed %d -topology %s -length %v", p.seed, p.topology, p.ack, p.length, p.seed, p.topology, p.length)
	if *flagFault != "" {
		fmt.Fprintf(&b, " -fault %s", *flagFault)
	}
	for _, s := range p.steps {
		fmt.Fprintf(&b, "\n\t%7v  %-18s target %d for %v", s.at, s.fault, s.target, s.lasts)
	}
	return b.String()
}

func TestPlanIsAFunctionOfTheSeed(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(400) {
		p := newPlan(seed, "", "", 20*time.Second)
		if again := newPlan(seed, "", "", 20*time.Second); p.String() != again.String() {
			t.Fatalf("seed %d:\n%v\nand then\n%v", seed, p, again)
		}
		for _, s := range p.steps {
			f := faultNamed(s.fault)
			if f == nil || !slices.Contains(f.on, p.topology) || s.lasts < f.least || s.lasts > f.most {
				t.Fatalf("seed %d, step %+v does not fit %+v", seed, s, f)
			}
			seen[string(p.topology)+" "+s.fault] = true
		}
		if seed%2 == 1 && len(p.faults()) != 1 {
			t.Errorf("seed %d breaks %v; want one kind", seed, p.faults())
		}
	}
	for _, f := range allFaults {
		for _, on := range f.on {
			if !seen[string(on)+" "+f.name] {
				t.Errorf("400 seeds never draw %s on %s", f.name, on)
			}
		}
	}
}
