package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/wire"
)

// fillers is how many connections fill a board.
const fillers = 16

// fillBoards puts every member on its board, so that a run meets boards of
// their full size.
func fillBoards(ctx context.Context, progress io.Writer, load *pushLoad) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int64
	var work sync.WaitGroup
	errs := make(chan error, fillers)
	for i := range fillers {
		work.Go(func() {
			for b := range load.boards {
				if err := fillShare(ctx, load, b, i, &done); err != nil {
					errs <- err
					cancel()
					return
				}
			}
		})
	}
	filled := make(chan struct{})
	go func() { // ends with the fillers
		work.Wait()
		close(filled)
	}()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(progress, "filling: %d of %d members\n", done.Load(), len(load.boards)*load.members)
			continue
		case <-filled:
		}
		break
	}
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// fillShare puts every fillers-th batch of members on a board.
func fillShare(ctx context.Context, load *pushLoad, b, share int, done *atomic.Int64) (err error) {
	cl, err := load.dial(ctx, share)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cl.Close()) }()
	if _, err := cl.PutBoard(ctx, load.boards[b], wire.Rules{}); err != nil {
		return err
	}
	src, err := cl.Source(ctx, load.boards[b], fmt.Sprintf("fill-%d", share))
	if err != nil {
		return err
	}
	for at := share * wire.MaxBatch; at < load.members; at += fillers * wire.MaxBatch {
		events := make([]wire.Event, min(wire.MaxBatch, load.members-at))
		for i := range events {
			score := benchScore(at + i)
			events[i] = wire.Event{Member: benchMember(at + i), Op: wire.OpSet, Score: &score}
		}
		if _, err := src.Push(ctx, events...); err != nil {
			return err
		}
		done.Add(int64(len(events)))
	}
	return nil
}

func benchMember(i int) string { return fmt.Sprintf("member-%07d", i) }

// benchScore spreads members over ten thousand scores.
func benchScore(i int) float64 { return float64(i * 31 % 9973) }
