package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// benchCmd measures a hub from outside.
type benchCmd struct {
	Push benchPushCmd `cmd:"" help:"Score events acknowledged per second."`
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
	fmt.Fprintf(e.stdout, "%d connections, %d events outstanding each, %d members, %s a run\n", c.Connections, c.Outstanding, c.Members, c.Duration)
	runs := make([]pushFigures, 0, c.Runs)
	for i := range c.Runs {
		f, err := c.measure(e.ctx, fmt.Sprintf("bench-%d", i+1), server)
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

// pushFigures are what one run measured.
type pushFigures struct {
	rate                 float64 // events acknowledged a second
	p50, p99             time.Duration
	clientCPU, serverCPU float64 // cores; serverCPU < 0 = not known
}

// String is one line.
func (f pushFigures) String() string {
	s := fmt.Sprintf("%.0f events/s acknowledged, p50 %s, p99 %s, client %.2f cores", f.rate, f.p50.Round(10*time.Microsecond), f.p99.Round(10*time.Microsecond), f.clientCPU)
	if f.serverCPU >= 0 {
		s += fmt.Sprintf(", hub %.2f cores", f.serverCPU)
	}
	return s
}

func (c *benchPushCmd) measure(ctx context.Context, board string, server *ownHub) (pushFigures, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pushers, err := c.connect(ctx, board)
	defer func() {
		for _, p := range pushers {
			_ = p.client.Close()
		}
	}()
	if err != nil {
		return pushFigures{}, err
	}
	var work sync.WaitGroup
	errs := make(chan error, len(pushers))
	for _, p := range pushers {
		work.Go(func() {
			if err := p.run(ctx); err != nil && ctx.Err() == nil {
				errs <- err
				cancel()
			}
		})
	}
	wait(ctx, time.Second)
	start, own, theirs := time.Now(), ownCPU(), server.cpu()
	for _, p := range pushers {
		p.begin(start)
	}
	wait(ctx, c.Duration)
	took := time.Since(start).Seconds()
	f := pushFigures{clientCPU: (ownCPU() - own) / took, serverCPU: -1}
	if now := server.cpu(); theirs >= 0 && now >= 0 {
		f.serverCPU = (now - theirs) / took
	}
	cancel()
	work.Wait()
	select {
	case err := <-errs:
		return f, err
	default:
	}
	f.fill(pushers, took)
	return f, nil
}

func (f *pushFigures) fill(pushers []*pusher, took float64) {
	var all []time.Duration
	events := 0
	for _, p := range pushers {
		all = append(all, p.latencies...)
		events += p.acked
	}
	f.rate = float64(events) / took
	if slices.Sort(all); len(all) > 0 {
		f.p50, f.p99 = all[len(all)/2], all[len(all)*99/100]
	}
}

func (c *benchPushCmd) connect(ctx context.Context, board string) ([]*pusher, error) {
	var pushers []*pusher
	for i := range c.Connections {
		cl, err := c.dial(ctx)
		if err != nil {
			return pushers, err
		}
		p := &pusher{client: cl, batch: c.Outstanding, members: c.Members, next: i}
		pushers = append(pushers, p)
		if i == 0 {
			if _, err := cl.PutBoard(ctx, board, wire.Rules{}); err != nil {
				return pushers, err
			}
		}
		if p.source, err = cl.Source(ctx, board, fmt.Sprintf("bench-%d", i)); err != nil {
			return pushers, err
		}
	}
	return pushers, nil
}

// pusher is one connection.
type pusher struct {
	client  *client.Client
	source  *client.Source
	batch   int
	members int
	next    int

	mu        sync.Mutex
	from      time.Time       // guarded by mu: when measuring began
	acked     int             // read after run ended
	latencies []time.Duration // of batches
}

func (p *pusher) begin(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from = at
}

func (p *pusher) measuring() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.from.IsZero()
}

func (p *pusher) run(ctx context.Context) error {
	events := make([]wire.Event, p.batch)
	one := 1.0
	for ctx.Err() == nil {
		for i := range events {
			p.next += 7919 // a prime: batches touch members all over the board
			events[i] = wire.Event{Member: fmt.Sprintf("member-%07d", p.next%p.members), Op: wire.OpIncr, Score: &one}
		}
		counts := p.measuring()
		start := time.Now()
		results, err := p.source.Push(ctx, events...)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Error != nil {
				return r.Error
			}
		}
		if counts && ctx.Err() == nil {
			p.acked += len(results)
			p.latencies = append(p.latencies, time.Since(start))
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// ownCPU is the CPU time this process has used, in seconds.
func ownCPU() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	sec := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return sec(u.Utime) + sec(u.Stime)
}
