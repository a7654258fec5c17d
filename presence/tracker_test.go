package presence_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/presence"
	"rollcall/presence/memroster"
)

var errDown = errors.New("the roster is down")

// countingRoster counts the calls that reach a roster, and can be down.
type countingRoster struct {
	presence.Roster

	mu    sync.Mutex
	down  bool
	half  bool // the next Join is made, and fails
	calls map[string]int
	order []string
	joins []int // in each call
}

func (c *countingRoster) called(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[name]++
	c.order = append(c.order, name)
	if c.down {
		return errDown
	}
	return nil
}

func (c *countingRoster) setDown(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// seen returns what was called since the last seen.
func (c *countingRoster) seen() (order []string, joins []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	order, joins = c.order, c.joins
	c.order, c.joins = nil, nil
	return order, joins
}

// changes is the number of calls that could change a roster.
func (c *countingRoster) changes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls["join"] + c.calls["leave"] + c.calls["meta"]
}

func (c *countingRoster) Join(ctx context.Context, node string, joins []presence.Join) ([]presence.Transition, error) {
	if err := c.called("join"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.joins = append(c.joins, len(joins))
	half := c.half
	c.half = false
	c.mu.Unlock()
	made, err := c.Roster.Join(ctx, node, joins)
	if half {
		return made, errDown
	}
	return made, err
}

func (c *countingRoster) Leave(ctx context.Context, node string, places []presence.Place) ([]presence.Transition, error) {
	if err := c.called("leave"); err != nil {
		return nil, err
	}
	return c.Roster.Leave(ctx, node, places)
}

func (c *countingRoster) Refresh(ctx context.Context, node string, places []presence.Place) ([]presence.Place, error) {
	if err := c.called("refresh"); err != nil {
		return nil, err
	}
	return c.Roster.Refresh(ctx, node, places)
}

func (c *countingRoster) SetMeta(ctx context.Context, metas []presence.Join) ([]presence.Transition, error) {
	if err := c.called("meta"); err != nil {
		return nil, err
	}
	return c.Roster.SetMeta(ctx, metas)
}

func (c *countingRoster) Sweep(ctx context.Context) ([]presence.Transition, error) {
	if err := c.called("sweep"); err != nil {
		return nil, err
	}
	return c.Roster.Sweep(ctx)
}

// bench is a tracker that runs on a roster in memory, and what was announced.
type bench struct {
	testing.TB
	*presence.Tracker
	mem    *memroster.Roster
	roster *countingRoster
	stop   func()

	mu    sync.Mutex
	said  []string
	start time.Time
}

// newBench starts a tracker; it ends with the test, in the bubble.
func newBench(t *testing.T, mem *memroster.Roster, node string) *bench {
	t.Helper()
	return newBenchWith(t, mem, node, presence.Config{})
}

func newBenchWith(t *testing.T, mem *memroster.Roster, node string, cfg presence.Config) *bench {
	t.Helper()
	b := &bench{TB: t, mem: mem, start: time.Now()}
	b.roster = &countingRoster{Roster: mem, calls: make(map[string]int)}
	b.Tracker = presence.NewTracker(node, b.roster, cfg, b.heard)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Tracker.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	b.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(b.stop)
	return b
}

// heard notes what was announced and at which second.
func (b *bench) heard(made []presence.Transition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, tr := range made {
		word := [...]string{presence.Joined: "+", presence.Left: "-", presence.Changed: "~"}[tr.Kind]
		b.said = append(b.said, fmt.Sprintf("%s%s/%s@%d", word, tr.Room, tr.User, time.Since(b.start)/time.Second))
	}
}

// wantSaid checks all announcements so far, as "+room/user@second".
func (b *bench) wantSaid(want ...string) {
	b.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Equal(b.said, want) {
		b.Fatalf("announced %v, want %v", b.said, want)
	}
}

func (b *bench) enter(session, room, user string) {
	b.Helper()
	if err := b.Enter(session, join(room, user, false)); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) wantCount(room string, want int) {
	b.Helper()
	got, err := b.mem.Counts(b.Context(), []string{room})
	if err != nil || got[0].Count != want {
		b.Fatalf("%s has %v users (%v), want %d", room, got, err, want)
	}
}

func at(room, user string) presence.Place { return presence.Place{Room: room, User: user} }

func join(room, user string, away bool) presence.Join {
	return presence.Join{Place: at(room, user), Meta: presence.Meta{Name: user, Away: away}}
}

// newMem makes a roster without a journal.
func newMem(t *testing.T, cfg memroster.Config) *memroster.Roster {
	t.Helper()
	mem, err := memroster.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return mem
}

// bubble runs a test of one tracker on an empty roster in fake time.
func bubble(t *testing.T, test func(*bench)) {
	synctest.Test(t, func(t *testing.T) {
		test(newBench(t, newMem(t, memroster.Config{}), "node-1"))
	})
}

// pass lets time go by, to just after the batches of that instant.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// batch is enough time for a change to reach the roster.
const batch = 30 * time.Millisecond
