package faults_test

import (
	"flag"
	"os"
	"testing"
	"time"

	"rollcall/e2e/harness"
)

var (
	flagSeeds    = flag.Int("seeds", 0, "run so many seeds from -seed on; 0 = the few of the short run, or -seed alone")
	flagSeed     = flag.Uint64("seed", 0, "the first seed; with -seeds 0 the only one")
	flagTopology = flag.String("topology", "", "embedded, single, sentinel or cluster; \"\" = what the seed says")
	flagFault    = flag.String("fault", "", "break nothing but this; \"\" = what the seed says")
	flagLength   = flag.Duration("length", 0, "how long the load lasts; 0 = 7 s")
)

func TestMain(m *testing.M) {
	flag.Parse()
	watchInterrupt()
	os.Exit(harness.Main(m))
}

// patience bounds every wait of a test on a busy machine.
const patience = 60 * time.Second

// converge is how soon after healing everything must be right, and slack what a
// busy machine adds.
const (
	converge = 10 * time.Second
	slack    = 10 * time.Second
)

// until asks until there is no complaint left, and returns the last one after
// the limit.
func until(limit time.Duration, ask func() string) string {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		complaint := ask()
		if complaint == "" || time.Now().After(deadline) {
			return complaint
		}
	}
}

// isSet reports whether a flag was given.
func isSet(name string) (given bool) {
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
