package faults_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
)

// people are participants in the hall: some stay, some come and go, and each
// has one tab or two. What their tabs know is the truth of presence.
type people struct {
	w    *world
	done chan struct{}
	wg   sync.WaitGroup
	tabs []*tab
}

// tab is one session of a user.
type tab struct {
	user   string
	client *client.Client
	rooms  bool // joined; owned by who moves the tab

	mu   sync.Mutex
	here []span // when it was connected and joined, at which node; guarded by mu
}

// span is a time in which a tab was there; end zero: still.
type span struct {
	node       int
	begin, end time.Time
}

const (
	stayers = 9 // the last three with tabs at two nodes
	movers  = 5
)

func (w *world) startPeople() *people {
	w.t.Helper()
	p := &people{w: w, done: make(chan struct{})}
	tokens := w.keys.Players(hall, stayers+movers)
	for i, token := range tokens {
		doors := []int{i}
		if i >= stayers-3 && i < stayers {
			doors = []int{i, i + 1}
		}
		for _, door := range doors {
			c := w.dial(w.entrance(door), client.Token(token))
			t := &tab{user: fmt.Sprintf("p%05d", i), client: c}
			p.tabs = append(p.tabs, t)
			if err := c.Join(w.t.Context(), hall); err != nil {
				w.t.Fatal(err)
			}
			t.rooms = true
			p.wg.Go(func() { p.follow(t) })
			if i >= stayers {
				p.wg.Go(func() { p.move(t, rand.New(rand.NewPCG(w.plan.seed, uint64(i)))) })
			}
		}
	}
	return p
}

// stop ends the moving; everybody stays as they are.
func (p *people) stop() {
	close(p.done)
	p.wg.Wait()
}

// follow notes when a tab is there, until the end of the load.
func (p *people) follow(t *tab) {
	for {
		select {
		case <-p.done:
			return
		case <-time.After(10 * ms):
		}
		at := -1
		if t.client.Connected() {
			at = p.w.nodeOf(t.client.Session().Node)
		}
		t.mu.Lock()
		last := len(t.here) - 1
		open := last >= 0 && t.here[last].end.IsZero()
		if open && t.here[last].node != at {
			t.here[last].end = time.Now()
			open = false
		}
		if !open && at >= 0 {
			t.here = append(t.here, span{node: at, begin: time.Now()})
		}
		t.mu.Unlock()
	}
}

// move has a participant leave and join, and lose the connection.
func (p *people) move(t *tab, dice *rand.Rand) {
	ctx := p.w.t.Context() // the last word is waited for: else nobody knows where the user is
	for {
		select {
		case <-p.done:
			return
		case <-time.After(300*ms + time.Duration(dice.Int64N(int64(1500*ms)))):
		}
		switch {
		case dice.IntN(3) == 0:
			t.client.Drop()
		case t.rooms:
			if t.client.Leave(ctx, hall) == nil {
				t.rooms = false
			}
		default:
			if t.client.Join(ctx, hall) == nil {
				t.rooms = true
			}
		}
	}
}

// nodeOf is the index of a node by the id it tells its sessions, which changes
// with each start; -1 if it is not known yet.
func (w *world) nodeOf(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.IndexFunc(w.nodes, func(n *node) bool { return n.id == id })
}

// wasHere reports whether a user who stays was there, all the time from begin to
// end, by a tab at a node that nothing was wrong with.
func (p *people) wasHere(user string, begin, end time.Time) bool {
	for _, t := range p.tabs {
		if t.user != user {
			continue
		}
		t.mu.Lock()
		here := slices.ContainsFunc(t.here, func(s span) bool {
			return !s.begin.After(begin) && (s.end.IsZero() || s.end.After(end)) && !p.w.wasDisturbed(s.node, begin, end)
		})
		t.mu.Unlock()
		if here {
			return true
		}
	}
	return false
}

func (w *world) wasDisturbed(node int, begin, end time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.disturbed, func(d disturbance) bool {
		return d.node == node && d.begin.Before(end) && (d.end.IsZero() || d.end.After(begin))
	})
}

// stays reports whether a user never leaves by himself.
func stays(user string) bool { return user < fmt.Sprintf("p%05d", stayers) }

// lateness is how long after its cause a leave may be seen: the grace or the
// death of a node, and then the look that finds what no hint told.
func lateness() time.Duration { return harness.Scaled(32*time.Second+10*time.Second) + 3*time.Second }
