//go:build unix

package leaderboard

import (
	"syscall"
	"testing"
)

// reportCPU adds the CPU time of the process to a benchmark's figures: on a
// shared machine it says more than the wall clock. Call it where the timer
// starts, and what it returns where it ends.
func reportCPU(b *testing.B) (stop func()) {
	start := cpuTime(b)
	return func() { b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op") }
}

func cpuTime(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
