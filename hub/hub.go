package hub

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rollcall/presence"
)

// Hub is one node.
type Hub struct {
	// static after New
	cfg     Config
	log     *slog.Logger
	boards  Boards
	roster  Roster
	bus     Bus
	tracker *presence.Tracker
	metrics *metrics
	started time.Time

	queues    *queues
	unapplied *unapplied
	loads     *loads
	feeds     *feeds
	poller    *poller
	nodes     *nodes
	rooms     *rooms
	pacer     *pacer
	sessions  *sessions
	standings *standings
	journal   *journal
	rates     *rates
	wary      *wary // boards
	breaker   *breaker
	losses    *losses
	reads     *reads
	auditor   *auditor
	people    *people

	ready atomic.Bool // replicas are warm and the node is not draining

	mu     sync.Mutex
	closed bool            // guarded by mu: spawn refuses
	work   sync.WaitGroup  // repairs and loads; Add only under mu
	loops  sync.WaitGroup  // pacer, tracker, janitor
	life   context.Context // ends when the node's loops and streams shall
	stop   context.CancelFunc
	unbus  func()
}

// New makes a node over its store, roster and bus. It serves nothing until
// Start.
func New(cfg Config, boards Boards, roster Roster, bus Bus) *Hub {
	cfg = cfg.withDefaults()
	if cfg.Ack == "" && !cfg.Shared {
		cfg.Ack = boards.MaxLevel()
	}
	if cfg.Node == "" {
		cfg.Node = uuid.NewString()
	}
	h := &Hub{
		cfg: cfg, log: cfg.Logger, roster: roster, bus: bus,
		metrics: newMetrics(), pacer: newPacer(), started: time.Now(),
	}
	h.life, h.stop = context.WithCancel(context.Background())
	h.wary, h.breaker, h.losses, h.reads, h.auditor = newWary(h, boards), newBreaker(h), newLosses(h), &reads{}, newAuditor(h)
	h.boards = h.wary
	h.people = newPeople(h)
	h.queues = newQueues(h)
	h.unapplied = &unapplied{to: h.log}
	h.loads = newLoads(h.queues)
	h.poller = newPoller(h)
	h.nodes = newNodes()
	h.feeds = &feeds{hub: h, open: map[string]*feed{}}
	h.standings = newStandings(h)
	h.journal = newJournal(h)
	h.rooms = newRooms(h)
	h.sessions = newSessions(h)
	h.rates = newRates(cfg.Limits.PlayerRequests, cfg.Limiter)
	h.tracker = presence.NewTracker(cfg.Node, roster, cfg.Presence, h.announce)
	h.metrics.watch(h)
	return h
}

// Node is the node's id.
func (h *Hub) Node() string { return h.cfg.Node }

// Start reads the journal, runs the node's loops and, where the store is its
// own, warms its replicas; then it is ready. Stop it with Close.
func (h *Hub) Start(ctx context.Context) error {
	if err := h.journal.start(ctx); err != nil {
		return err
	}
	h.loops.Go(func() { h.pacer.run(h.life) })
	h.loops.Go(func() { h.janitor(h.life) })
	h.loops.Go(func() { h.standings.run(h.life) })
	h.loops.Go(func() {
		if err := h.tracker.Run(h.life); err != nil && h.life.Err() == nil {
			h.log.Error("presence stopped", "err", err)
		}
	})
	unbus, err := h.bus.Listen(h)
	if err != nil {
		return err
	}
	h.unbus = unbus
	if h.cfg.Shared {
		h.loops.Go(func() { h.poller.run(h.life) })
		h.loops.Go(func() { h.rooms.loop(h.life) })
		h.loops.Go(func() { h.tellNode(h.life) })
	} else if err := h.feeds.warm(ctx); err != nil {
		return err
	}
	h.loops.Go(func() { h.auditor.run(h.life) })
	h.ready.Store(true)
	return nil
}

// Close stops the node: sessions end, queued events are applied, loops stop.
// The store and the roster stay open; they are the caller's.
func (h *Hub) Close() {
	h.ready.Store(false)
	h.sessions.close()
	h.queues.close()
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.stop()
	h.loops.Wait()
	h.work.Wait()
	h.journal.close()
	if h.unbus != nil {
		h.unbus()
	}
}

// spawn runs f in a goroutine that Close waits for; after Close it runs
// nothing and says so.
func (h *Hub) spawn(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.work.Go(f)
	return true
}

// janitor drops what nobody uses.
func (h *Hub) janitor(ctx context.Context) {
	t := time.NewTicker(max(min(time.Second, h.cfg.ReplicaKeep/4), 10*time.Millisecond))
	defer t.Stop()
	degraded := false
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			h.feeds.sweep(now)
			h.losses.remind(now)
			h.rates.sweep(now)
			if d := h.tracker.Degraded(); d != degraded {
				degraded = d
				h.rooms.touchAll()
			}
		}
	}
}
