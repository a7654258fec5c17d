package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// benchCmd measures a hub from outside.
type benchCmd struct {
	Push   benchPushCmd   `cmd:"" help:"Score events acknowledged per second."`
	Shared benchSharedCmd `cmd:"" help:"The same through nodes on one Redis, beside a bare ZINCRBY."`
	Join   benchJoinCmd   `cmd:"" help:"A storm of sessions that join one room."`
}

// benchPushCmd pushes increments from many connections, each waiting for the
// acks of its batch before it sends the next.
type benchPushCmd struct {
	remote
	Own         bool          `help:"Measure a hub of our own, started on a fresh data directory on this disk."`
	Data        string        `help:"With --own: where to make the data directory; default the temporary folder." type:"path"`
	Connections int           `help:"Connections, each a source of its own." default:"64"`
	Outstanding int           `help:"Events a connection has unacknowledged." default:"8"`
	Members     int           `help:"Members of the board." default:"10000"`
	Duration    time.Duration `help:"Time to measure, after a second of warming up." default:"5s"`
	Runs        int           `help:"Runs; the median is told." default:"5"`
}

// Run prints a line for each run and the median.
func (c *benchPushCmd) Run(e *env) error {
	if c.Outstanding < 1 || c.Outstanding > wire.MaxBatch {
		return fmt.Errorf("--outstanding: must be 1 to %d", wire.MaxBatch)
	}
	if c.Connections < 1 || c.Members < 1 || c.Runs < 1 || c.Duration <= 0 {
		return errors.New("--connections, --members, --runs and --duration must be above 0")
	}
	var server *ownHub
	if c.Own {
		var err error
		if server, err = startOwnHub(e.ctx, c.Data, e.stderr); err != nil {
			return err
		}
		defer server.stop()
		c.URL = server.url
	}
	load := pushLoad{
		dial:        func(ctx context.Context, _ int) (*client.Client, error) { return c.dial(ctx) },
		connections: c.Connections, outstanding: c.Outstanding, members: c.Members, duration: c.Duration,
	}
	fmt.Fprintf(e.stdout, "%d connections, %d events outstanding each, %d members, %s a run\n", c.Connections, c.Outstanding, c.Members, c.Duration)
	runs := make([]pushFigures, 0, c.Runs)
	for i := range c.Runs {
		load.boards = []string{fmt.Sprintf("bench-%d", i+1)}
		f, err := load.measure(e.ctx, server.cpu)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "run %d: %s\n", i+1, f)
		runs = append(runs, f)
		if server == nil {
			continue
		}
		floor, err := diskFloor(e.ctx, server.dir, c.Connections*c.Outstanding)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "       bare append and fsync of %d events: %.0f events/s, %.1f times ours\n", c.Connections*c.Outstanding, floor, floor/f.rate)
	}
	slices.SortFunc(runs, func(a, b pushFigures) int { return cmp.Compare(a.rate, b.rate) })
	fmt.Fprintf(e.stdout, "median: %s\n", runs[len(runs)/2])
	return nil
}
