package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/client"
)

// benchJoinCmd connects sessions, each a user of its own, lets all of them join
// one room at once and waits until a watcher on every node counts them.
type benchJoinCmd struct {
	URL      []string      `help:"Addresses of the nodes; sessions go to them in turn." default:"http://127.0.0.1:8080"`
	Sessions int           `help:"Sessions." default:"1000"`
	Room     string        `help:"Room." default:"bench"`
	Dialers  int           `help:"Sessions that connect at once." default:"64"`
	Timeout  time.Duration `help:"How long to wait for the watchers." default:"60s"`
}

// Run prints how long each part took.
func (c *benchJoinCmd) Run(e *env) error {
	if c.Sessions < 1 || c.Dialers < 1 {
		return errors.New("--sessions and --dialers must be above 0")
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
	defer cancel()
	watchers, err := c.watch(ctx)
	defer closeAll(watchers)
	if err != nil {
		return err
	}
	begin := time.Now()
	sessions, err := c.connect(ctx, e)
	defer func() { closeAll(sessions) }()
	if err != nil {
		return err
	}
	connected := time.Since(begin)
	begin = time.Now()
	if err := each(sessions, func(cl *client.Client) error { return cl.Join(ctx, c.Room) }); err != nil {
		return err
	}
	joined := time.Since(begin)
	for _, w := range watchers {
		if err := awaitCount(ctx, w, c.Room, c.Sessions); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stdout, "%d sessions over %d nodes: connected in %.2f s, joined in %.2f s, counted by a watcher on every node after %.2f s\n",
		c.Sessions, len(c.URL), connected.Seconds(), joined.Seconds(), time.Since(begin).Seconds())
	return nil
}

// watch connects one client to every node.
func (c *benchJoinCmd) watch(ctx context.Context) (ws []*client.Client, err error) {
	for _, url := range c.URL {
		w, err := client.Dial(ctx, url)
		if err != nil {
			return ws, err
		}
		ws = append(ws, w)
	}
	return ws, nil
}

func (c *benchJoinCmd) connect(ctx context.Context, e *env) ([]*client.Client, error) {
	sessions := make([]*client.Client, c.Sessions)
	var next, done atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, c.Dialers)
	for range c.Dialers {
		work.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= c.Sessions {
					return
				}
				cl, err := client.Dial(ctx, c.URL[i%len(c.URL)], client.Name(fmt.Sprintf("user-%06d", i)))
				if err != nil {
					errs <- fmt.Errorf("session %d: %w", i+1, err)
					return
				}
				sessions[i] = cl
				if n := done.Add(1); n%1000 == 0 {
					fmt.Fprintf(e.stderr, "%d of %d sessions connected\n", n, c.Sessions)
				}
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		return sessions, err
	default:
		return sessions, nil
	}
}

// awaitCount watches the room until it has as many users.
func awaitCount(ctx context.Context, w *client.Client, room string, want int) error {
	for s, err := range w.WatchRoom(ctx, room, client.RoomOptions{CountOnly: true}) {
		if err != nil {
			return err
		}
		if s.Count >= want {
			return nil
		}
	}
	return errors.New("the watcher lost its view")
}

// each calls f for every session, all at once.
func each(sessions []*client.Client, f func(*client.Client) error) error {
	errs := make(chan error, 1)
	var work sync.WaitGroup
	for _, s := range sessions {
		work.Go(func() {
			if err := f(s); err != nil {
				select {
				case errs <- err:
				default: // the first one is told
				}
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func closeAll(cs []*client.Client) {
	var work sync.WaitGroup
	for _, c := range cs {
		if c != nil {
			work.Go(func() { _ = c.Close() })
		}
	}
	work.Wait()
}
