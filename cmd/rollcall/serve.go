package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"rollcall/contest"
)

// serveCmd runs one node.
type serveCmd struct {
	serveFlags
}

// Run serves until SIGINT or SIGTERM.
func (c *serveCmd) Run(e *env) error {
	file, err := c.contestFile()
	if err != nil {
		return err
	}
	log := c.logger(e.stderr)
	n, err := openNode(e.ctx, &c.serveFlags, file, log)
	if err != nil && e.ctx.Err() != nil {
		log.Info("stopped before it was ready", "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	n.tell(e.stdout)
	return n.wait(e.ctx)
}

// relaxGC lets the heap grow to four times what is live before it is
// collected, unless GOGC says otherwise. A hub's live heap is small and its
// garbage plenty: measured with `rollcall bench push`, 15 % less CPU an event.
func relaxGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
}

// contestFile reads --contest and --participants; nil without them.
func (f *serveFlags) contestFile() (*contest.File, error) {
	if f.Contest == "" {
		return nil, nil
	}
	return loadContest(f.Contest, f.Participants)
}

func (f *serveFlags) logger(out io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		level = slog.LevelInfo // validate has refused what is no level
	}
	opts := &slog.HandlerOptions{Level: level}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, opts))
	}
	return slog.New(slog.NewTextHandler(out, opts))
}

// tell prints where the pages are.
func (n *node) tell(out io.Writer) {
	fmt.Fprintf(out, "participants  %s/\nprojector     %s/screen\nconsole       %s/console\n", n.url, n.url, n.url)
	if n.nats != nil {
		fmt.Fprintf(out, "NATS          nats://%s\n", n.nats.Addr())
	}
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return info.Main.Version
}
