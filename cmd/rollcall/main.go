// Command rollcall is the whole of Rollcall: the hub (serve, demo) and the
// tools that talk to one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the verb ran and failed
	exitUsage  = 2 // the command line or configuration is wrong; nothing ran
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal has said to stop, the second one kills.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// env is what a verb's Run gets: ctx ends at the first SIGINT or SIGTERM.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// run is main without the process, for tests to start verbs in their own.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	e := &env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr}
	verb, err := parse(e, verbs(), args)
	switch {
	case errors.Is(err, errDone):
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitUsage
	}
	if err := verb.Run(e); err != nil {
		fmt.Fprintf(stderr, "rollcall: %v\n", err)
		return exitFailed
	}
	return exitOK
}
