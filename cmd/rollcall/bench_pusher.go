package main

import (
	"context"
	"sync"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

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
			events[i] = wire.Event{Member: benchMember(p.next % p.members), Op: wire.OpIncr, Score: &one}
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
