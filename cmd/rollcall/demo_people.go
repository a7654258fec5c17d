package main

import (
	"context"
	"math/rand/v2"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// persona is one simulated participant: real sessions that join, look at
// their rank, hide the tab, lose the network, go and come back.
type persona struct {
	wire.Participant
	url   string
	token string // "" without keys
	room  string
	board string
	pace  time.Duration // average pause between two actions
	rng   *rand.Rand
}

// live goes in and out until ctx ends.
func (p *persona) live(ctx context.Context) {
	for ctx.Err() == nil {
		if p.visit(ctx) != nil {
			p.rest(ctx, p.pace) // the hub was not reachable: later
		}
		p.rest(ctx, 2*p.pace)
	}
}

// visit is one stay: from opening the page to closing it.
func (p *persona) visit(ctx context.Context) error {
	opts := []client.Option{client.Name(p.RollNumber)}
	if p.token != "" {
		opts = append(opts, client.Token(p.token))
	}
	c, err := client.Dial(ctx, p.url, opts...)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Join(ctx, p.room); err != nil {
		return err
	}
	look, stop := context.WithCancel(ctx)
	defer stop()
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		for _, err := range c.WatchMe(look, p.board, client.BoardOptions{MaxHz: 1}) {
			if err != nil {
				return // the visit ends with the connection
			}
		}
	}()
	defer func() { stop(); <-looked }()
	for ctx.Err() == nil {
		p.rest(ctx, p.pace)
		switch n := p.rng.IntN(20); {
		case n == 0:
			return nil // closes the tab
		case n < 4:
			c.Drop() // the network blinks; the client comes back by itself
		case n < 8:
			if err := c.Away(ctx, p.room, n%2 == 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest waits around d: half to one and a half of it.
func (p *persona) rest(ctx context.Context, d time.Duration) {
	wait(ctx, time.Duration((0.5+p.rng.Float64())*float64(d)))
}
