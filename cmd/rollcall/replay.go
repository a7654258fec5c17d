package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"rollcall/client"
	"rollcall/contest/clics"
	"rollcall/wire"
)

// replayCmd pushes a recorded contest through the public API, as a bot would.
type replayCmd struct {
	Clics replayClicsCmd `cmd:"" help:"Replay a CLICS event feed (NDJSON)."`
}

type replayClicsCmd struct {
	remote
	File  string  `arg:"" help:"The event feed."`
	Board string  `help:"Board to create and fill." required:""`
	Speed float64 `help:"Times real time; 0 = as fast as it goes." default:"1"`
	Ack   string  `help:"What an acknowledged event must outlive at least: memory, disk, replica or both; without it what the board asks for." enum:",memory,disk,replica,both" default:""`
}

// Run creates the board and pushes what it has not yet taken from this file: a
// replay that was cut short goes on where it stopped.
func (c *replayClicsCmd) Run(e *env) error {
	if c.Speed < 0 {
		return errors.New("--speed: must be 0 (as fast as it goes) or above")
	}
	rep, err := readFeed(c.File)
	if err != nil {
		return err
	}
	cl, err := c.dial(e.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = cl.Close() }()
	if _, err := cl.PutBoard(e.ctx, c.Board, rep.Rules); err != nil {
		return fmt.Errorf("create board %s: %w", c.Board, err)
	}
	src, err := cl.Source(e.ctx, c.Board, rep.Source, client.Ack(c.Ack))
	if err != nil {
		return fmt.Errorf("claim source %s: %w", rep.Source, err)
	}
	run := replaying{rep: rep, src: src, speed: c.Speed, out: e.stderr, done: int(min(src.Last(), uint64(len(rep.Events))))}
	return run.run(e.ctx)
}

func readFeed(path string) (*clics.Replay, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rep, err := clics.Events(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rep, nil
}

// replaying is one run of a replay.
type replaying struct {
	rep   *clics.Replay
	src   *client.Source
	speed float64
	out   io.Writer

	done    int // events the board has
	refused int
}

func (r *replaying) run(ctx context.Context) error {
	total, skipped := len(r.rep.Events), r.done
	fmt.Fprintf(r.out, "%s: %d events as source %s, %d already there\n", r.rep.Title, total, r.rep.Source, skipped)
	progress := newProgress(r.out, "replayed", total)
	start := time.Now()
	var zero time.Duration
	if skipped < total {
		zero = r.rep.Events[skipped].At
	}
	for r.done < total {
		n, err := r.due(ctx, start, zero)
		if err == nil {
			err = r.push(ctx, r.rep.Events[r.done:r.done+n])
		}
		if err != nil {
			progress.end(r.done)
			if ctx.Err() != nil {
				fmt.Fprintln(r.out, "stopped; the same command goes on from here")
			}
			return err
		}
		progress.show(r.done)
	}
	progress.end(r.done)
	took := time.Since(start)
	fmt.Fprintf(r.out, "done: %d events in %s (%.0f/s), %d refused\n", total-skipped, took.Round(time.Millisecond), float64(total-skipped)/took.Seconds(), r.refused)
	if r.refused > 0 {
		return fmt.Errorf("%d events were refused", r.refused)
	}
	return nil
}

// chunk is how many events go to the board in one call at full speed.
const chunk = 1024

// due waits for the next event's time and returns how many events are due.
func (r *replaying) due(ctx context.Context, start time.Time, zero time.Duration) (int, error) {
	rest := r.rep.Events[r.done:]
	if r.speed == 0 {
		return min(len(rest), chunk), ctx.Err()
	}
	when := func(i int) time.Time {
		return start.Add(time.Duration(float64(rest[i].At-zero) / r.speed))
	}
	t := time.NewTimer(time.Until(when(0)))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	n, now := 1, time.Now()
	for n < len(rest) && n < chunk && !when(n).After(now) {
		n++
	}
	return n, nil
}

func (r *replaying) push(ctx context.Context, timed []clics.Timed) error {
	events := make([]wire.Event, len(timed))
	for i, t := range timed {
		events[i] = t.Event
	}
	results, err := r.src.Push(ctx, events...)
	for _, res := range results {
		if res.Status != "" {
			r.done++
		}
		if res.Error != nil {
			r.refused++
			fmt.Fprintf(r.out, "\nrefused: %s: %v\n", res.Member, res.Error)
		}
	}
	return err
}
