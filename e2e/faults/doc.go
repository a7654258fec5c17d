// Package faults is the checker: it runs the real system, breaks it as a seed
// says, and judges what is left. It has only tests, and they have flags:
//
//	go test ./e2e/faults                       # a few seeds, each topology
//	go test ./e2e/faults -run Seeds -seed 17 -v   # one again
//	make faults SEEDS=200                      # a night, with a table at its end
//
// A run is: a topology, bots, watchers and participants who record what they
// were told (ledger, frames, sessions); a schedule of faults, which is a pure
// function of the seed; then everything is healed, and within the bound of
// convergence the judges must have no complaint. The judges share nothing with
// the system but its public words. Mutants of the system, which a named judge
// must catch, judge the judges.
//
// What it cannot do here: jumps of the clock (the machine has one), a power cut
// (kill -9 keeps the page cache; package pebbleboard cuts its own file system),
// loss of single packets.
package faults
