package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ownHub is a `rollcall serve` of ours on a fresh data directory, in a process
// of its own so that its CPU can be told from ours.
type ownHub struct {
	url string
	cmd *exec.Cmd
	dir string
}

// ownHubs are several.
type ownHubs []*ownHub

func (hs ownHubs) stop() {
	for _, h := range hs {
		h.stop()
	}
}

func (hs ownHubs) cpu() (sum float64) {
	for _, h := range hs {
		sum += h.cpu()
	}
	return sum
}

// startOwnHub starts a hub with a data directory below parent and more flags.
func startOwnHub(ctx context.Context, parent string, stderr io.Writer, flags ...string) (*ownHub, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "rollcall-bench-")
	if err != nil {
		return nil, err
	}
	found := &addressFinder{found: make(chan string, 1), to: stderr}
	cmd := exec.CommandContext(ctx, self, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", dir, "--log-level", "warn"}, flags...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdout, cmd.Stderr = found, found
	h := &ownHub{cmd: cmd, dir: dir}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	select {
	case h.url = <-found.found:
		return h, nil
	case <-ctx.Done():
	case <-time.After(20 * time.Second):
	}
	h.stop()
	return nil, errors.New("our own hub did not start")
}

func (h *ownHub) stop() {
	_ = h.cmd.Process.Signal(syscall.SIGTERM)
	_ = h.cmd.Wait()
	_ = os.RemoveAll(h.dir)
}

// cpu is the CPU time the hub has used, in seconds, or -1 if nobody knows.
func (h *ownHub) cpu() float64 {
	if h == nil {
		return -1
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.cmd.Process.Pid))
	if err != nil {
		return -1
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return -1
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	if err1 != nil || err2 != nil {
		return -1
	}
	return (user + system) / 100 // USER_HZ is 100 on every Linux that Go runs on
}

// addressFinder passes on what a hub writes, and the first address in it.
type addressFinder struct {
	to io.Writer

	mu    sync.Mutex
	text  []byte // guarded by mu; nil once found
	done  bool   // guarded by mu
	found chan string
}

// Write looks for http://… in what has been written so far.
func (a *addressFinder) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return a.to.Write(p)
	}
	a.text = append(a.text, p...)
	if i := bytes.Index(a.text, []byte("http://")); i >= 0 {
		if j := bytes.IndexAny(a.text[i:], " \n\""); j >= 0 {
			a.found <- strings.TrimSuffix(string(a.text[i:i+j]), "/")
			a.done, a.text = true, nil
		}
	}
	return len(p), nil
}
