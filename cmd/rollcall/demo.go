package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"rollcall/client"
	"rollcall/contest"
	"rollcall/hub"
	"rollcall/hub/jwtauth"
	"rollcall/wire"
)

// demoCmd is a hub with a simulated contest: participants with real sessions
// that come, go and lose the network, and a judge that pushes their scores
// through the public API.
type demoCmd struct {
	serveFlags
	Pace time.Duration `help:"Average pause between two submissions of the contest." default:"1500ms"`
	Seed uint64        `help:"Seed of the simulation; another seed is another contest." default:"1"`
}

// demoLength is how long the simulated contest lasts; demoPast how much of it
// is over when the demo begins, so that the board is worth looking at.
const (
	demoLength = 3 * time.Hour
	demoPast   = time.Hour
)

// Run serves the demo until SIGINT or SIGTERM.
func (c *demoCmd) Run(e *env) error {
	if c.Pace <= 0 {
		return errors.New("--pace: must be above 0")
	}
	file, err := c.contestFile()
	if err != nil {
		return err
	}
	if file == nil {
		file = contest.Sample()
		file.Start = time.Now().Add(-demoPast)
		file.End = file.Start.Add(demoLength)
	}
	if c.Data == "./rollcall-data" {
		if c.Data, err = os.MkdirTemp("", "rollcall-demo-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(c.Data) }()
	}
	tokens, err := c.tokens()
	if err != nil {
		return err
	}
	n, err := openNode(e.ctx, &c.serveFlags, file, c.logger(e.stderr))
	if err != nil {
		return err
	}
	n.tell(e.stdout)
	fmt.Fprintf(e.stdout, "demo          %d simulated participants and a judge; Ctrl-C ends it\n", len(file.Participants))

	ctx, stop := context.WithCancel(e.ctx)
	var work sync.WaitGroup
	d := &demo{url: n.url, file: file, pace: c.Pace, seed: c.Seed, tokens: tokens}
	work.Go(func() {
		if err := d.judge(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the demo's judge stopped", "err", err)
		}
	})
	for i := range file.Participants {
		work.Go(func() { d.persona(i).live(ctx) })
	}
	err = n.wait(e.ctx)
	stop()
	work.Wait()
	return err
}

// tokens makes tokens for the simulated people, where the hub asks for them.
func (c *demoCmd) tokens() (func(user, name string, role hub.Role) string, error) {
	if !c.withKeys() {
		return func(string, string, hub.Role) string { return "" }, nil
	}
	if c.JWTHS256File == "" {
		return nil, errors.New("--jwt-hs256-file: the demo needs it beside --api-key-file, to sign its participants' tokens")
	}
	secret, err := jwtauth.LoadSecret(c.JWTHS256File)
	if err != nil {
		return nil, fmt.Errorf("--jwt-hs256-file: %w", err)
	}
	sign := func(user, name string, role hub.Role) string {
		token, err := jwtauth.Sign(secret, demoClaims(user, name, role))
		if err != nil {
			return "" // the hub will say what it misses
		}
		return token
	}
	return sign, nil
}

// demo is the simulated contest.
type demo struct {
	url    string
	file   *contest.File
	pace   time.Duration
	seed   uint64
	tokens func(user, name string, role hub.Role) string
}

func (d *demo) persona(i int) *persona {
	who := d.file.Participants[i]
	return &persona{
		Participant: who, url: d.url, token: d.tokens(who.RollNumber, who.StudentName, hub.Player),
		room: d.file.ID, board: d.file.ID, pace: 5 * time.Second,
		rng: rand.New(rand.NewPCG(d.seed, uint64(i))),
	}
}

// judge pushes the contest's scores as one bot with one source.
func (d *demo) judge(ctx context.Context) error {
	var opts []client.Option
	if token := d.tokens("judge", "Judge", hub.Admin); token != "" {
		opts = append(opts, client.Token(token))
	}
	c, err := client.Dial(ctx, d.url, opts...)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	sim := newSimulation(d.seed, d.file.Wire(time.Now()).Problems, d.file.Participants)
	if _, err := c.PutBoard(ctx, d.file.ID, sim.rules(d.file.Title)); err != nil {
		return err
	}
	src, err := c.Source(ctx, d.file.ID, fmt.Sprintf("demo-%d", time.Now().Unix()))
	if err != nil {
		return err
	}
	if err := d.past(ctx, sim, src); err != nil {
		return err
	}
	return d.present(ctx, sim, src)
}

// past is the part of the contest before the demo: judged at once.
func (d *demo) past(ctx context.Context, sim *simulation, src *client.Source) error {
	events := sim.opening()
	minutes := int(time.Since(d.file.Start).Minutes())
	for minute := range max(minutes, 0) {
		for range 3 {
			if _, verdict, ok := sim.submit(minute); ok {
				events = append(events, verdict())
			}
		}
	}
	return push(ctx, src, events...)
}

// present goes on until nobody has a problem left: a submission is pending for
// two to six seconds, then judged.
func (d *demo) present(ctx context.Context, sim *simulation, src *client.Source) error {
	type judged struct {
		at      time.Time
		verdict func() wire.Event
	}
	var waiting []judged
	for {
		wait(ctx, time.Duration((0.5+sim.rng.Float64())*float64(d.pace)))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var events []wire.Event
		now := time.Now()
		for len(waiting) > 0 && !waiting[0].at.After(now) {
			events = append(events, waiting[0].verdict())
			waiting = waiting[1:]
		}
		row, verdict, ok := sim.submit(int(time.Since(d.file.Start).Minutes()))
		if ok {
			events = append(events, row)
			waiting = append(waiting, judged{now.Add(2*time.Second + time.Duration(sim.rng.IntN(4000))*time.Millisecond), verdict})
		} else if len(waiting) == 0 {
			return nil
		}
		if err := push(ctx, src, events...); err != nil {
			return err
		}
	}
}

func push(ctx context.Context, src *client.Source, events ...wire.Event) error {
	results, err := src.Push(ctx, events...)
	for _, r := range results {
		if r.Error != nil {
			return r.Error
		}
	}
	return err
}

func demoClaims(user, name string, role hub.Role) jwtauth.Claims {
	return jwtauth.Claims{Subject: user, Name: name, Roles: []hub.Role{role}, Expires: time.Now().Add(24 * time.Hour)}
}
