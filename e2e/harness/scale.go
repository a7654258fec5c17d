package harness

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Scale is how long the thresholds of presence are, of what they are by
// default: a tenth, or what ROLLCALL_E2E_SCALE says (`make soak`: 1).
var Scale = readScale()

func readScale() float64 {
	text := os.Getenv("ROLLCALL_E2E_SCALE")
	if text == "" {
		return 0.1
	}
	scale, err := strconv.ParseFloat(text, 64)
	if err != nil || scale < 0.1 || scale > 1 {
		panic(fmt.Sprintf("ROLLCALL_E2E_SCALE is %q; it must be 0.1 to 1", text))
	}
	return scale
}

// Scaled is a time of the deployed system as it is in the tests.
func Scaled(d time.Duration) time.Duration { return time.Duration(float64(d) * Scale) }

// Thresholds are the flags of serve that make presence run at Scale.
func Thresholds() []string {
	var flags []string
	for _, f := range []struct {
		name string
		real time.Duration
	}{
		{"--ping", 15 * time.Second},
		{"--read-deadline", 23 * time.Second},
		{"--grace-going", 3 * time.Second},
		{"--grace-broken", 7 * time.Second},
		{"--refresh", 10 * time.Second},
		{"--threshold", 30 * time.Second},
		{"--sweep", time.Second},
	} {
		flags = append(flags, f.name, Scaled(f.real).String())
	}
	return flags
}
