package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/client"
	"rollcall/redisconn"
	"rollcall/wire"
)

// benchSharedCmd measures nodes of its own on a Redis that is given, beside a
// bare ZINCRBY on the same Redis in turns.
type benchSharedCmd struct {
	Redis       string        `help:"Redis to use, as for serve; it should be idle and empty." required:"" placeholder:"URL"`
	Nodes       []int         `help:"Numbers of nodes." default:"1"`
	Boards      []int         `help:"Numbers of boards that the load is spread over." default:"1"`
	Members     []int         `help:"Numbers of members in all." default:"10000"`
	Connections int           `help:"Connections, each a source of its own." default:"64"`
	Outstanding int           `help:"Events a connection has unacknowledged." default:"16"`
	Duration    time.Duration `help:"Time of one run." default:"4s"`
	Runs        int           `help:"Runs of each; the median is told." default:"5"`
}

// Run prints one line for each combination.
func (c *benchSharedCmd) Run(e *env) error {
	if c.Outstanding < 1 || c.Outstanding > wire.MaxBatch || c.Connections < 1 || c.Runs < 1 || c.Duration <= 0 {
		return fmt.Errorf("--outstanding must be 1 to %d; --connections, --runs and --duration above 0", wire.MaxBatch)
	}
	for _, n := range slices.Concat(c.Nodes, c.Boards, c.Members) {
		if n < 1 {
			return errors.New("--nodes, --boards and --members must be above 0")
		}
	}
	address, err := redisconn.ParseAddress(c.Redis)
	if err != nil {
		return fmt.Errorf("--redis: %w", err)
	}
	store := redisconn.Open(address)
	defer func() { _ = store.Close() }()
	servers, err := redisconn.Check(e.ctx, store)
	if err != nil {
		return fmt.Errorf("--redis: %w", err)
	}
	for _, s := range servers {
		fmt.Fprintln(e.stdout, s)
	}
	bus, err := startNATS()
	if err != nil {
		return err
	}
	defer bus.Shutdown()
	fmt.Fprintf(e.stdout, "%d connections, %d events outstanding each, median of %d runs of %s; CPU of Redis by INFO cpu\n", c.Connections, c.Outstanding, c.Runs, c.Duration)
	fmt.Fprintf(e.stdout, "%5s %6s %8s | %9s %9s %9s %8s | %9s %8s | %5s\n", "nodes", "boards", "members", "events/s", "p50", "p99", "µs/event", "bare/s", "µs/event", "ratio")
	for _, nodes := range c.Nodes {
		for _, boards := range c.Boards {
			for _, members := range c.Members {
				if err := c.combination(e, store, bus.ClientURL(), nodes, boards, members); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sharedRun is what one turn of ours and of the bare loop measured.
type sharedRun struct {
	ours      pushFigures
	perEvent  float64 // µs of Redis, ours
	bare      float64 // events a second
	barePer   float64 // µs of Redis, bare
	redisBusy float64 // cores, ours
}

func (c *benchSharedCmd) combination(e *env, store redisconn.Clients, bus string, nodes, boards, members int) error {
	prefix := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	var hubs ownHubs
	defer func() { hubs.stop() }()
	for range nodes {
		h, err := startOwnHub(e.ctx, "", e.stderr, "--redis", c.Redis, "--redis-prefix", prefix, "--nats", bus)
		if err != nil {
			return err
		}
		hubs = append(hubs, h)
	}
	load := pushLoad{
		dial: func(ctx context.Context, i int) (*client.Client, error) {
			return client.Dial(ctx, hubs[i%len(hubs)].url)
		},
		connections: max(c.Connections, boards), outstanding: c.Outstanding, members: members / boards, duration: c.Duration,
	}
	for i := range boards {
		load.boards = append(load.boards, fmt.Sprintf("b%d", i))
	}
	defer dropKeys(store, prefix)
	if err := fillBoards(e.ctx, e.stderr, &load); err != nil {
		return err
	}
	bare := bareLoad{store: store, prefix: prefix, boards: boards, members: members / boards, duration: c.Duration / 2}
	if err := bare.fill(e.ctx); err != nil {
		return err
	}
	var runs []sharedRun
	for range c.Runs {
		run, err := c.turn(e.ctx, &load, &bare, store, hubs)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	slices.SortFunc(runs, func(a, b sharedRun) int { return cmp.Compare(a.perEvent/a.barePer, b.perEvent/b.barePer) })
	m := runs[len(runs)/2]
	fmt.Fprintf(e.stdout, "%5d %6d %8d | %9.0f %9s %9s %8.1f | %9.0f %8.1f | %5.2f   hubs %.2f cores, Redis %.2f, client %.2f\n", nodes, boards, members,
		m.ours.rate, m.ours.p50.Round(10*time.Microsecond), m.ours.p99.Round(10*time.Microsecond), m.perEvent, m.bare, m.barePer, m.perEvent/m.barePer,
		m.ours.serverCPU, m.redisBusy, m.ours.clientCPU)
	return nil
}

// turn measures ours, then the bare loop.
func (c *benchSharedCmd) turn(ctx context.Context, load *pushLoad, bare *bareLoad, store redisconn.Clients, hubs ownHubs) (r sharedRun, err error) {
	var before float64
	var begin time.Time
	probe := func() float64 { // called where measuring begins, and where it ends
		cpu, failed := redisCPU(ctx, store)
		switch {
		case failed != nil:
		case begin.IsZero():
			before, begin = cpu, time.Now()
		default:
			r.redisBusy = (cpu - before) / time.Since(begin).Seconds()
		}
		return hubs.cpu()
	}
	if r.ours, err = load.measure(ctx, probe); err != nil {
		return r, err
	}
	r.perEvent = r.redisBusy / r.ours.rate * 1e6
	r.bare, r.barePer, err = bare.measure(ctx)
	return r, err
}

// startNATS runs a bus for nodes of our own.
func startNATS() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		return nil, err
	}
	go s.Start() // ends with Shutdown
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("our own NATS server did not start")
	}
	return s, nil
}
