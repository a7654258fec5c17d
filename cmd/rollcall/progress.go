package main

import (
	"fmt"
	"io"
	"time"
)

// progress writes one line that tells how far a long job is.
type progress struct {
	out   io.Writer
	verb  string
	total int
	start time.Time
	shown time.Time
}

func newProgress(out io.Writer, verb string, total int) *progress {
	return &progress{out: out, verb: verb, total: total, start: time.Now()}
}

// show renews the line, at most five times a second.
func (p *progress) show(done int) {
	if now := time.Now(); now.Sub(p.shown) >= 200*time.Millisecond {
		p.shown = now
		p.write(done)
	}
}

func (p *progress) write(done int) {
	percent := 100
	if p.total > 0 {
		percent = done * 100 / p.total
	}
	fmt.Fprintf(p.out, "\r%s %d of %d (%d %%), %s", p.verb, done, p.total, percent, time.Since(p.start).Round(100*time.Millisecond))
}

// end writes the last state and ends the line.
func (p *progress) end(done int) {
	p.write(done)
	fmt.Fprintln(p.out)
}
