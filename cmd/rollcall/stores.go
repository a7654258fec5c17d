package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/hub"
	"rollcall/hub/membus"
	"rollcall/hub/pebblejournal"
	"rollcall/leaderboard"
	"rollcall/leaderboard/pebbleboard"
	"rollcall/presence/memroster"
)

// stores are what a node works on: its own, embedded ones, or those that many
// nodes share.
type stores struct {
	boards hub.Boards
	roster hub.Roster
	bus    hub.Bus

	journal hub.Journal // nil = none
	rates   hub.Limiter // nil = each node counts for itself

	shared   bool
	node     string            // the node's id; "" = any new one
	batchMax int               // events in one call of boards
	durable  leaderboard.Level // what a shared store was found to prove; "" = nothing, or it is not asked
	name     string            // of the store, as the console shows it
	busName  string
	metrics  []prometheus.Collector

	closers []func(context.Context) error // last opened, first closed

	onConnect atomic.Pointer[func()] // called for each new connection to a shared store
}

// connected tells the hub, once there is one, of a new connection.
func (s *stores) connected() {
	if f := s.onConnect.Load(); f != nil {
		(*f)()
	}
}

// openStores opens what the flags ask for. What fails says which flag to look
// at; close ends what was opened, also after an error.
func openStores(ctx context.Context, f *serveFlags, log *slog.Logger) (*stores, error) {
	s := &stores{}
	if f.Redis == "" {
		return s, s.openEmbedded(ctx, f, log)
	}
	if err := s.openShared(ctx, f, log); err != nil {
		return s, err
	}
	return s, s.openJournal(f, log)
}

func (s *stores) openJournal(f *serveFlags, log *slog.Logger) error {
	if f.Journal == "" {
		return nil
	}
	journal, err := pebblejournal.Open(f.Journal, log)
	if err != nil {
		return fmt.Errorf("--journal %s: %w", f.Journal, err)
	}
	s.journal = journal
	s.closers = append(s.closers, func(context.Context) error { return journal.Close() })
	return nil
}

func (s *stores) close(ctx context.Context) error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c(ctx))
	}
	return errors.Join(errs...)
}

// rosterSave is how long a join or leave may wait to be journaled, and so what
// a kill can make the roster forget. It costs at most ten small writes a second.
const rosterSave = 100 * time.Millisecond

// embeddedBatch is how many events share one fsync. DESIGN's 64 is for a store
// across a network; a disk that takes 10 ms to sync needs more to keep up.
const embeddedBatch = 512

func (s *stores) openEmbedded(ctx context.Context, f *serveFlags, log *slog.Logger) error {
	s.name, s.busName, s.batchMax = "disk ("+f.Data+")", "in-process", embeddedBatch
	if f.Journal != "" {
		return errors.New("--journal is for --redis, which may forget; the embedded store does not")
	}
	if f.Data == "" {
		s.name = "memory"
		log.Warn("memory only: a restart forgets everything", "data", "")
	}
	store, err := pebbleboard.Open(pebbleboard.Config{
		Dir: f.Data, Logger: log, IDWindow: f.IDWindow, IDLimit: f.IDLimit, Stop: ctx.Done(),
		Progress: func(board string, entries int) { log.Info("board read", "board", board, "entries", entries) },
	})
	if err != nil {
		return fmt.Errorf("--data %s: %w", f.Data, err)
	}
	s.closers = append(s.closers, func(context.Context) error { return store.Close() })
	var journal memroster.Journal
	if f.Data != "" {
		journal = store.Journal()
	}
	roster, err := memroster.New(ctx, memroster.Config{Threshold: f.Threshold, Journal: journal, SaveWait: rosterSave})
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	s.closers = append(s.closers, roster.Close)
	s.boards, s.roster, s.bus = store, roster, membus.New().Node()
	return nil
}
