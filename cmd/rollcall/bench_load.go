package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"time"

	"rollcall/client"
	"rollcall/wire"
)

// pushLoad is connections that push increments without pause, each its own
// source on one of the boards.
type pushLoad struct {
	dial        func(ctx context.Context, i int) (*client.Client, error)
	boards      []string
	connections int
	outstanding int // events a connection has unacknowledged
	members     int // of a board
	duration    time.Duration
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

// measure runs the load for its duration after a second of warming up. cpu is
// what the hubs have used, in seconds, below 0 if nobody knows.
func (l *pushLoad) measure(ctx context.Context, cpu func() float64) (pushFigures, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pushers, err := l.connect(ctx)
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
	start, own, theirs := time.Now(), ownCPU(), cpu()
	for _, p := range pushers {
		p.begin(start)
	}
	wait(ctx, l.duration)
	took := time.Since(start).Seconds()
	f := pushFigures{clientCPU: (ownCPU() - own) / took, serverCPU: -1}
	if now := cpu(); theirs >= 0 && now >= 0 {
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

func (l *pushLoad) connect(ctx context.Context) ([]*pusher, error) {
	var pushers []*pusher
	for i := range l.connections {
		cl, err := l.dial(ctx, i)
		if err != nil {
			return pushers, err
		}
		board := l.boards[i%len(l.boards)]
		p := &pusher{client: cl, batch: l.outstanding, members: l.members, next: i}
		pushers = append(pushers, p)
		if i < len(l.boards) {
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
