package hub

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rollcall/hub/fanout"
	"rollcall/leaderboard"
	"rollcall/presence"
)

// metrics are what the node counts; each node has a registry of its own. No
// label holds what a client chose.
type metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	fanout   fanout.Stats

	queued       prometheus.Gauge
	batchEvents  prometheus.Histogram
	applySeconds prometheus.Histogram
	events       *prometheus.CounterVec // status
	unproven     *prometheus.CounterVec // level
	proofs       *prometheus.CounterVec // result
	transitions  *prometheus.CounterVec // kind
	repairs      prometheus.Counter
	roomRepairs  prometheus.Counter
	polls        *prometheus.CounterVec // result
	partitions   *prometheus.CounterVec // partition
	fences       *prometheus.CounterVec // outcome
	audits       *prometheus.CounterVec // result

	journalReplayed prometheus.Counter
	journalDropped  *prometheus.CounterVec // reason

	breakerOpened prometheus.Counter
	messages      prometheus.Counter
	errors        *prometheus.CounterVec // code
	limits        *prometheus.CounterVec // limit
	closes        *prometheus.CounterVec // reason
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		queued:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "rollcall_events_queued", Help: "Score events waiting for the store."}),
		batchEvents: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rollcall_batch_events", Help: "Score events in one call of the store.", Buckets: prometheus.ExponentialBuckets(1, 2, 11),
		}),
		applySeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rollcall_apply_seconds", Help: "Time of one call of the store.", Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}),
		events:      counters("rollcall_events_total", "Score events by fate.", "status"),
		unproven:    counters("rollcall_events_unproven_total", "Score events that were applied but not acknowledged, since the level could not be proven.", "level"),
		proofs:      counters("rollcall_proofs_total", "Calls of the store to prove what is durable, by result.", "result"),
		transitions: counters("rollcall_transitions_total", "Changes of rosters by kind.", "kind"),
		repairs:     prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_repairs_total", Help: "Replicas brought up from the store after a gap."}),
		roomRepairs: prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_room_repairs_total", Help: "Watched rooms read again from the roster."}),
		polls:       counters("rollcall_head_polls_total", "Looks at the heads of boards in a shared store, by result.", "result"),
		partitions:  counters("rollcall_partition_transitions_total", "Changes of rosters that this node made, by partition.", "partition"),
		fences:      counters("rollcall_fences_total", "Replicas that the store's changelog did not lead on from, by what the store said: begun = acknowledged events may be lost, a new epoch began.", "outcome"),
		audits:      counters("rollcall_audits_total", "Boards compared with what the store holds, by result.", "result"),

		journalReplayed: prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_journal_replayed_total", Help: "Events of the journal that the store had forgotten and has taken again."}),
		journalDropped:  counters("rollcall_journal_dropped_total", "Events of the journal given up before the store was known to have them for good, by reason.", "reason"),

		breakerOpened: prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_breaker_opened_total", Help: "Boards whose events were no longer taken to a store that did not take them."}),
		messages:      prometheus.NewCounter(prometheus.CounterOpts{Name: "rollcall_messages_total", Help: "Messages read from sessions."}),
		errors:        counters("rollcall_errors_total", "Requests answered with an error, by code.", "code"),
		limits:        counters("rollcall_refused_total", "Requests refused by a limit.", "limit"),
		closes:        counters("rollcall_sessions_ended_total", "Sessions ended, by reason.", "reason"),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.queued, m.batchEvents, m.applySeconds, m.events, m.unproven, m.proofs, m.transitions, m.repairs, m.roomRepairs, m.polls, m.partitions, m.fences, m.audits, m.journalReplayed, m.journalDropped, m.breakerOpened, m.messages, m.errors, m.limits, m.closes)
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

func counters(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
}

// watch registers what is read when asked for.
func (m *metrics) watch(h *Hub) {
	gauge := func(name, help string, read func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
	}
	counter := func(name, help string, read func() uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(read()) }))
	}
	m.registry.MustRegister(h.loads)
	m.registry.MustRegister(h.cfg.Collectors...)
	gauge("rollcall_queued_bytes", "Memory, about, of the score events that wait for the store or for their answers.", func() float64 { return float64(h.queues.held()) })
	gauge("rollcall_sessions", "Open sessions.", func() float64 { live, _ := h.sessions.counts(); return float64(live) })
	gauge("rollcall_users", "Users with a session.", func() float64 { _, users := h.sessions.counts(); return float64(users) })
	gauge("rollcall_replicas", "Boards with a replica on this node.", func() float64 { return float64(h.feeds.count()) })
	gauge("rollcall_boards_lost", "Boards that the store has lost: their heads are gone and nobody deleted them.", func() float64 { return float64(h.losses.count.Load()) })
	gauge("rollcall_breaker_open", "Boards whose events are answered unavailable until the store takes one batch of them.", func() float64 { n, _ := h.breaker.state(); return float64(n) })
	gauge("rollcall_boards_damaged", "Boards that the store holds in parts that do not agree, of those compared.", func() float64 { return float64(h.auditor.damaged()) })
	gauge("rollcall_views", "Views of boards that sessions watch, each rendered when it is due.", func() float64 { return float64(h.feeds.views()) })
	gauge("rollcall_waiting_reads", "Reads that wait for a board or a version of it.", func() float64 { return float64(h.feeds.waiting()) })
	gauge("rollcall_standings", "Sources whose standing is told to the sessions that push them.", func() float64 { return float64(h.standings.count()) })
	gauge("rollcall_journal_events", "Events that the journal holds.", func() float64 { events, _ := h.journal.held(); return float64(events) })
	gauge("rollcall_journal_bytes", "Bytes of these events.", func() float64 { _, bytes := h.journal.held(); return float64(bytes) })
	gauge("rollcall_degraded", "1 while the roster does not answer.", func() float64 {
		if h.tracker.Degraded() {
			return 1
		}
		return 0
	})
	counter("rollcall_frames_total", "Frames written.", m.fanout.Frames.Load)
	counter("rollcall_frame_bytes_total", "Bytes written to sessions.", m.fanout.Bytes.Load)
	counter("rollcall_writes_total", "Writes to sockets.", m.fanout.Writes.Load)
	counter("rollcall_conflations_total", "Snapshots sent in place of several states.", m.fanout.Conflations.Load)
	counter("rollcall_slow_closes_total", "Sessions closed because they did not read.", m.fanout.SlowCloses.Load)
}

func (m *metrics) serve(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// refused counts a request that a limit refused, by the limit's name.
func (m *metrics) refused(limit string) { m.limits.WithLabelValues(limit).Inc() }

func (m *metrics) countResults(results []leaderboard.Result) {
	n := map[leaderboard.Status]int{}
	for i := range results {
		n[results[i].Status]++
	}
	for status, count := range n {
		m.events.WithLabelValues(string(status)).Add(float64(count))
	}
}

func (m *metrics) countTransitions(ts []presence.Transition) {
	names := map[presence.Kind]string{presence.Joined: "join", presence.Left: "leave", presence.Changed: "change"}
	for _, t := range ts {
		m.transitions.WithLabelValues(names[t.Kind]).Inc()
		m.partitions.WithLabelValues(strconv.Itoa(presence.Partition(t.Room))).Inc()
	}
}

// MetricsServer serves /metrics alone, for a listener of its own that only the
// monitoring reaches.
func (h *Hub) MetricsServer() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h.metrics.handler)
	return &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes}
}
