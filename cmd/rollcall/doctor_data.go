package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"rollcall/leaderboard/pebbleboard"
)

// spaceLeast is the free space below which the embedded store is near its end:
// its log and tables take up to 64 MiB beside what is in them.
const spaceLeast = 256 << 20

// data examines a data directory as serve does when it starts, and leaves it as
// it is. One that is in use is not read.
func (x *examination) data(dir string) {
	if dir == "" {
		x.add(danger, "restart", "everything is gone: the store is in memory only", "--data DIR")
		x.embeddedLevels(false)
		return
	}
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		x.add(survives, "data directory "+dir, "is not there yet; serve makes it", "")
		dir = filepath.Dir(dir)
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		x.add(danger, "data directory", err.Error(), "--data")
		return
	case !info.IsDir():
		x.add(danger, "data directory", dir+" is not a directory", "--data")
		return
	}
	const write, search = 2, 1 // access(2)
	if err := syscall.Access(dir, write|search); err != nil {
		x.add(danger, "data directory "+dir, "cannot be written: "+err.Error(), "its owner, or --data")
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err == nil {
		if free := fs.Bavail * uint64(fs.Bsize); free < spaceLeast {
			x.add(danger, "full disk", fmt.Sprintf("%d MiB are free; a full disk makes the store read-only until it is restarted", free>>20), "free space, or another --data")
		}
	}
	if !x.inUse(filepath.Join(dir, "rollcall.lock")) {
		x.boards(dir)
	}
	x.add(survives, "crash and power cut", "acknowledged events are on the disk of this machine", "")
	x.add(loses, "loss of the machine or its disk", "all of it but what was exported", "rollcall export --format json, or --redis")
	x.embeddedLevels(true)
}

// boards reads all of a directory that nobody uses.
func (x *examination) boards(dir string) {
	boards, entries := 0, 0
	err := pebbleboard.Examine(pebbleboard.Config{
		Dir: dir, Logger: slog.New(slog.DiscardHandler),
		Progress: func(_ string, n int) { boards, entries = boards+1, entries+n },
	})
	switch {
	case err != nil:
		x.add(danger, "start", "serve would refuse: "+err.Error(), "restore a copy, or the program that wrote it")
	case boards > 0:
		x.add(survives, "start", fmt.Sprintf("all of %s can be read: %d boards, %d members", dir, boards, entries), "")
	}
}

// inUse asks who holds the directory.
func (x *examination) inUse(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // nobody ever has
	}
	defer func() { _ = f.Close() }()
	held := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &held); err != nil || held.Type == syscall.F_UNLCK {
		return false
	}
	x.add(survives, "data directory", fmt.Sprintf("is in use by process %d, which has checked it", held.Pid), "")
	return true
}
