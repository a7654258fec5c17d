package harness

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait for a process; a machine under load is slow, a
// test that hangs is worse.
const patience = 30 * time.Second

// Process is one run of the program. It ends with the test at the latest.
type Process struct {
	tb  testing.TB
	cmd *exec.Cmd

	exited chan struct{} // closed once the process is gone and its output read

	mu  sync.Mutex
	out bytes.Buffer  // stdout; guarded by mu
	err bytes.Buffer  // stderr; guarded by mu
	new chan struct{} // closed and renewed at each output; guarded by mu
}

// Run starts a verb of the program.
func Run(tb testing.TB, args ...string) *Process {
	tb.Helper()
	if args[0] == "serve" {
		return runBinary(tb, hubBinary, args)
	}
	return runBinary(tb, verbBinary, args)
}

func runBinary(tb testing.TB, binary string, args []string) *Process {
	tb.Helper()
	if err := lookAtSources(); err != nil {
		tb.Fatalf("look at the sources: %v", err)
	}
	p := &Process{tb: tb, cmd: exec.Command(binary, args...), exited: make(chan struct{}), new: make(chan struct{})}
	p.cmd.Dir = tb.TempDir() // what a default path would leave behind
	p.cmd.Stdout, p.cmd.Stderr = p.sink(&p.out), p.sink(&p.err)
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("start %s: %v", strings.Join(args, " "), err)
	}
	go func() { // ends with the process, which Cleanup ends
		_ = p.cmd.Wait() // the state is read by Exit
		close(p.exited)
	}()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("rollcall %s\nstdout:\n%s\nstderr:\n%s", strings.Join(args, " "), p.Stdout(), p.Stderr())
		}
		if strings.Contains(p.Stderr(), "DATA RACE") {
			tb.Errorf("rollcall %s: a data race\n%s", strings.Join(args, " "), p.Stderr())
		}
	})
	return p
}

// sink is a writer that keeps what it gets and wakes who waits for it.
func (p *Process) sink(to *bytes.Buffer) io.Writer {
	return writer(func(b []byte) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		close(p.new)
		p.new = make(chan struct{})
		return to.Write(b)
	})
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// Stdout is what the process has printed so far.
func (p *Process) Stdout() string { return p.read(&p.out) }

// Stderr is what the process has complained of so far.
func (p *Process) Stderr() string { return p.read(&p.err) }

func (p *Process) read(from *bytes.Buffer) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return from.String()
}

// Line waits for a line of stdout that begins with the word and returns the
// word after it. It is "" if the process ends first.
func (p *Process) Line(word string) string {
	p.tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		p.mu.Lock()
		out, more := p.out.String(), p.new
		p.mu.Unlock()
		for line := range strings.Lines(out) {
			if f := strings.Fields(line); strings.HasSuffix(line, "\n") && len(f) > 1 && f[0] == word {
				return f[1]
			}
		}
		select {
		case <-more:
		case <-p.exited:
			return ""
		case <-deadline.C:
			p.tb.Fatalf("no line %q within %v", word, patience)
		}
	}
}

// Signal sends a signal, also to a process that is gone.
func (p *Process) Signal(s os.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("signal %v: %v", s, err)
	}
}

// Pid is the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends the process as kill -9 does and waits until it is gone.
func (p *Process) Kill() {
	p.tb.Helper()
	p.Signal(os.Kill)
	<-p.exited
}

// Exit waits for the process to end by itself and returns its exit code, -1
// after a signal.
func (p *Process) Exit() int {
	p.tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-p.exited:
	case <-deadline.C:
		p.tb.Fatalf("still running after %v", patience)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Exited is closed once the process is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }
