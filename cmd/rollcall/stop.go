package main

import (
	"context"
	"errors"
	"time"
)

// A node that is told to stop takes at most --drain-delay, a second for each
// 1,000 sessions, and what these add up to if every peer and store hangs; a
// node whose stores answer is done within a second of the last bye.
const (
	answerWait = 5 * time.Second // for requests over HTTP that are being answered; then they are cut
	storeWait  = 5 * time.Second // for pushes over NATS, and for the stores and the bus to close
	// Between them hub.Close takes up to 11 s: 3 for peers that do not answer a
	// close frame and 3 for their sockets, 5 for events in the queues and, beside
	// those, for the last word to the roster.
)

// wait serves until ctx ends or a listener breaks, then stops in order: not
// ready, but served until balancers have noticed; sessions told to come back
// elsewhere; requests answered, queued events applied and published; stores
// closed.
func (n *node) wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
		err = n.tarry()
	case err = <-n.failed:
	}
	n.log.Info("stopping")
	n.hub.Drain(context.Background(), n.back)
	err = errors.Join(err, n.close())
	n.log.Info("stopped")
	return err
}

// tarry serves on, not ready, for the drain delay.
func (n *node) tarry() error {
	n.hub.Unready()
	if n.delay == 0 {
		return nil
	}
	n.log.Info("not ready; served until balancers have noticed", "for", n.delay)
	over := time.NewTimer(n.delay)
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case err := <-n.failed:
		return err
	}
}

// close ends what openNode began, the last first.
func (n *node) close() error {
	n.closeHTTP()
	var errs []error
	if n.nats != nil {
		ctx, cancel := context.WithTimeout(context.Background(), storeWait)
		errs = append(errs, n.nats.Close(ctx))
		cancel()
	}
	if n.hub != nil {
		n.hub.Close()
	}
	if n.stores != nil {
		ctx, cancel := context.WithTimeout(context.Background(), storeWait)
		defer cancel()
		errs = append(errs, n.stores.close(ctx))
	}
	return errors.Join(errs...)
}

// closeHTTP takes no more requests and waits for those under way, while the
// queues still move: a push that was taken gets its answer.
func (n *node) closeHTTP() {
	ctx, cancel := context.WithTimeout(context.Background(), answerWait)
	defer cancel()
	for _, srv := range n.http {
		if err := srv.Shutdown(ctx); err != nil {
			n.log.Warn("requests cut off that were not done", "after", answerWait, "err", errors.Join(err, srv.Close()))
		}
	}
}
