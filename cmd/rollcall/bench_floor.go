package main

import (
	"context"
	"errors"
	"os"
	"time"
)

// eventBytes is about what one event costs a log: its row and its share of
// the changelog.
const eventBytes = 120

// diskFloor is how many events a second could be acknowledged if a hub did
// nothing but append them to a file, n at a time, and wait for the disk. It is
// the physical limit of one board on this disk, measured for a second.
func diskFloor(ctx context.Context, dir string, n int) (perSecond float64, err error) {
	f, err := os.CreateTemp(dir, "rollcall-floor-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	record := make([]byte, n*eventBytes)
	start, events := time.Now(), 0
	for time.Since(start) < time.Second && ctx.Err() == nil {
		if _, err := f.Write(record); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		events += n
	}
	return float64(events) / time.Since(start).Seconds(), nil
}
