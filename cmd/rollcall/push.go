package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollcall/client"
	"rollcall/wire"
)

// pushCmd sends score events: one from flags, or NDJSON from standard input.
type pushCmd struct {
	remote
	Board  string   `arg:"" help:"Board to push to."`
	Member string   `arg:"" optional:"" help:"Member of a single event; without it events are read as NDJSON from standard input."`
	Score  *float64 `help:"Value of the event."`
	Op     string   `help:"set, incr, best, remove or patch." default:"incr"`
	Tie    *int64   `help:"Tie-break, on a board whose tie rule is given."`
	Name   *string  `help:"Shown name of the member."`
	Group  *string  `help:"Group of the member."`
	Source string   `help:"Claim this source and number the events; without it each event gets an id."`
	Ack    string   `help:"What an acknowledged event must outlive at least: memory, disk, replica or both; without it what the board asks for." enum:",memory,disk,replica,both" default:""`
}

// Run prints one result a line and fails if any event was refused.
func (c *pushCmd) Run(e *env) error {
	cl, err := c.dial(e.ctx, client.PushAck(c.Ack))
	if err != nil {
		return err
	}
	defer func() { _ = cl.Close() }()
	push, err := c.pusher(e, cl)
	if err != nil {
		return err
	}
	p := printer{enc: json.NewEncoder(e.stdout), push: push}
	if c.Member != "" {
		err = p.send(wire.Event{Member: c.Member, Op: c.Op, Score: c.Score, Tie: c.Tie, Name: c.Name, Group: c.Group})
	} else {
		err = p.sendLines(e.stdin)
	}
	if err != nil {
		return err
	}
	if p.refused > 0 {
		return fmt.Errorf("%d of %d events were refused", p.refused, p.sent)
	}
	return nil
}

func (c *pushCmd) pusher(e *env, cl *client.Client) (func([]wire.Event) ([]wire.Result, error), error) {
	if c.Source == "" {
		return func(events []wire.Event) ([]wire.Result, error) { return cl.Push(e.ctx, c.Board, events...) }, nil
	}
	src, err := cl.Source(e.ctx, c.Board, c.Source, client.Ack(c.Ack))
	if err != nil {
		return nil, fmt.Errorf("claim source %s: %w", c.Source, err)
	}
	return func(events []wire.Event) ([]wire.Result, error) { return src.Push(e.ctx, events...) }, nil
}

// printer pushes events and prints their results.
type printer struct {
	enc           *json.Encoder
	push          func([]wire.Event) ([]wire.Result, error)
	sent, refused int
}

func (p *printer) send(events ...wire.Event) error {
	results, err := p.push(events)
	for _, r := range results {
		if r.Status == "" {
			continue
		}
		p.sent++
		if r.Status == wire.Refused {
			p.refused++
		}
		if err := p.enc.Encode(r); err != nil {
			return err
		}
	}
	return err
}

// sendLines sends what has arrived in one call, at least a line.
func (p *printer) sendLines(in io.Reader) error {
	rd := bufio.NewReaderSize(in, wire.MaxLine)
	for line := 1; ; {
		var events []wire.Event
		first := line
		for len(events) == 0 || len(events) < chunk && wholeLine(rd) {
			raw, err := rd.ReadSlice('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("line %d: %w", line, err)
			}
			if raw = bytes.TrimSpace(raw); len(raw) > 0 {
				var ev wire.Event
				if bad := json.Unmarshal(raw, &ev); bad != nil {
					return fmt.Errorf("line %d: %w", line, bad)
				}
				events = append(events, ev)
			}
			if err != nil && len(events) == 0 {
				return nil
			}
			line++
		}
		if err := p.send(events...); err != nil {
			return fmt.Errorf("lines %d to %d: %w", first, line-1, err)
		}
	}
}

func wholeLine(rd *bufio.Reader) bool {
	b, _ := rd.Peek(rd.Buffered())
	return bytes.IndexByte(b, '\n') >= 0
}
