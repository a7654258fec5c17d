package faults_test

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"
)

// sums are the numbers of a run.
type sums struct {
	acked, refused, unknown   int
	lost, doubled             int
	unkept                    int // lost with level memory by senders without an outbox
	resent, forgot            int
	frames, states, sightings int
	holes                     int                      // rosters shown that lacked something
	back                      map[string]time.Duration // by fault: longest until each bot had an ack
}

// sumsLocked counts what the run came to.
func (w *world) sumsLocked() sums {
	total := sums{back: map[string]time.Duration{}}
	held := map[string]map[string]uint64{}
	for board, t := range w.final {
		held[board] = map[string]uint64{}
		for _, e := range t.Entries {
			held[board][e.Member] = uint64(e.Score)
		}
	}
	for _, s := range w.streams {
		t := s.compare(held[s.board])
		total.acked, total.refused, total.unknown = total.acked+t.acked, total.refused+t.refused, total.unknown+t.unknown
		total.doubled += t.doubled + t.wronglyThere
		if w.mayLose(s) {
			total.unkept += t.lost
		} else {
			total.lost += t.lost
		}
		for _, e := range s.look() {
			if e.last.After(e.first) {
				total.resent++
			}
		}
		total.forgot += int(s.forgot)
	}
	for _, v := range w.watchers {
		total.frames += v.frames
		total.sightings += len(v.room.seen)
	}
	total.states, total.holes = w.history.names, len(w.history.holes)
	for _, d := range w.done {
		if !d.back.IsZero() {
			total.back[d.fault] = max(total.back[d.fault], w.served(d.back))
		}
	}
	return total
}

// served is how long after a moment the last of the bots had an event
// acknowledged that it had sent since; bots that sent none then do not count.
func (w *world) served(after time.Time) (longest time.Duration) {
	for _, s := range w.streams {
		for _, e := range s.look() {
			if e.first.After(after) && e.answered.After(after) {
				longest = max(longest, e.answered.Sub(after))
				break
			}
		}
	}
	return longest
}

// book is the table of all runs: what docs/reliability.md shows.
var book struct {
	sync.Mutex
	rows  map[string]*row // by topology and fault; guarded by Mutex
	begun time.Time
	runs  int
}

type row struct {
	runs, hits, acked, lost, unkept, doubled, forgot, presence, failed int
	back                                                               time.Duration
}

// enter adds a run to the book: what went wrong in it counts for each fault that
// it had.
func enter(r result) {
	book.Lock()
	defer book.Unlock()
	if book.rows == nil {
		book.rows, book.begun = map[string]*row{}, time.Now()
	}
	book.runs++
	presence := 0
	for _, c := range r.complaints {
		if c.judge == "presence" {
			presence++
		}
	}
	for _, name := range r.plan.faults() {
		key := fmt.Sprintf("%-8s | %s", r.plan.topology, faultNamed(name).what)
		w := book.rows[key]
		if w == nil {
			w = &row{}
			book.rows[key] = w
		}
		w.runs++
		for _, d := range r.done {
			if d.fault == name {
				w.hits++
			}
		}
		w.acked, w.lost, w.doubled, w.forgot = w.acked+r.sums.acked, w.lost+r.sums.lost, w.doubled+r.sums.doubled, w.forgot+r.sums.forgot
		w.presence, w.unkept = w.presence+presence, w.unkept+r.sums.unkept
		if len(r.complaints) > 0 {
			w.failed++
		}
		w.back = max(w.back, r.sums.back[name])
	}
}

// printBook writes the table as Markdown.
func printBook(to io.Writer) {
	book.Lock()
	defer book.Unlock()
	if book.runs == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("\n| store | fault | runs | hits | acknowledged | sent again after the store forgot | lost | lost of senders who keep nothing, level memory | doubled | wrong presence | longest to serve again | runs that failed |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, t := range topologies {
		for _, f := range allFaults {
			r := book.rows[fmt.Sprintf("%-8s | %s", t, f.what)]
			if r == nil {
				continue
			}
			back := "-"
			if r.back > 0 {
				back = fmt.Sprintf("%.2f s", r.back.Seconds())
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %s | %d |\n", t, f.what, r.runs, r.hits, r.acked, r.forgot, r.lost, r.unkept, r.doubled, r.presence, back, r.failed)
		}
	}
	fmt.Fprintf(&b, "\n%d runs in %v\n", book.runs, time.Since(book.begun).Round(time.Second))
	_, _ = io.WriteString(to, b.String())
}

// watchInterrupt makes Ctrl-C end with the table so far. The processes of the
// run get the signal too, and end.
func watchInterrupt() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	go func() { // ends with the process
		<-c
		fmt.Println("\ninterrupted")
		printBook(os.Stdout)
		os.Exit(130)
	}()
}
