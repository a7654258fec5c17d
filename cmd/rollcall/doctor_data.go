package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// spaceLeast is the free space below which the embedded store is near its end:
// its log and tables take up to 64 MiB beside what is in them.
const spaceLeast = 256 << 20

// data examines a data directory and leaves it as it is. What is in it is
// checked by serve, which refuses what is damaged and leaves it as it is too.
func (x *examination) data(dir string) {
	if dir == "" {
		x.add(danger, "restart", "everything is gone: the store is in memory only", "--data DIR")
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
	x.lock(filepath.Join(dir, "rollcall.lock"))
	if there, err := pebble.Peek(dir, vfs.Default); err != nil {
		x.add(danger, "data directory "+dir, "cannot be read: "+err.Error(), "restore a copy")
	} else if there.Exists && there.FormatMajorVersion > pebble.FormatTableFormatV6 {
		x.add(danger, "data directory "+dir, "is of a newer rollcall, or another program", "the program that wrote it")
	} else if _, err := os.Stat(filepath.Join(dir, "MARK")); err == nil && !there.Exists {
		x.add(danger, "data directory "+dir, "its database is missing: files were lost", "restore a copy")
	}
	x.add(survives, "crash and power cut", "acknowledged events are on the disk of this machine", "")
	x.add(loses, "loss of the machine or its disk", "all of it but what was exported", "rollcall export --format json, or --redis")
}

// lock asks who holds the directory.
func (x *examination) lock(path string) {
	f, err := os.Open(path)
	if err != nil {
		return // nobody ever has
	}
	defer func() { _ = f.Close() }()
	held := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &held); err == nil && held.Type != syscall.F_UNLCK {
		x.add(survives, "data directory", fmt.Sprintf("is in use by process %d", held.Pid), "")
	}
}
