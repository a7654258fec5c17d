package hub

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/wire"
)

// How the load of boards is measured and shown.
const (
	loadSeconds = 10 // the time that rates are over
	hotBoards   = 10 // how many are named
)

// loads are what each board asked of this node lately.
type loads struct {
	queues *queues

	mu     sync.Mutex
	boards map[string]*load // guarded by mu; those with events lately
}

// load is one board's work by second; slot i is of the last second that is i
// modulo its length.
type load struct {
	last   int64 // the latest second noted, unix
	events [loadSeconds + 1]int
	busy   [loadSeconds + 1]time.Duration
}

func newLoads(q *queues) *loads { return &loads{queues: q, boards: map[string]*load{}} }

// note adds one call of the store.
func (ls *loads) note(board string, events int, took time.Duration, now time.Time) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.boards[board]
	if l == nil {
		l = &load{last: now.Unix()}
		ls.boards[board] = l
	}
	l.turn(now.Unix())
	at := l.last % int64(len(l.events))
	l.events[at] += events
	l.busy[at] += took
}

// turn empties the slots of the seconds that have begun.
func (l *load) turn(now int64) {
	for s := max(l.last+1, now-loadSeconds); s <= now; s++ {
		l.events[s%int64(len(l.events))], l.busy[s%int64(len(l.busy))] = 0, 0
	}
	l.last = max(l.last, now)
}

// over sums the full seconds.
func (l *load) over(now int64) (events int, busy time.Duration) {
	l.turn(now)
	for s := now - loadSeconds; s < now; s++ {
		at := s % int64(len(l.events))
		events += l.events[at]
		busy += l.busy[at]
	}
	return events, busy
}

// hottest returns the boards with the most events, hottest first. Boards
// without any are forgotten.
func (ls *loads) hottest(now time.Time) []wire.BoardLoad {
	ls.mu.Lock()
	hot := []wire.BoardLoad{}
	for board, l := range ls.boards {
		events, busy := l.over(now.Unix())
		if events > 0 {
			hot = append(hot, wire.BoardLoad{Board: board, Rate: float64(events) / loadSeconds, Busy: min(busy.Seconds()/loadSeconds, 1)})
		} else if l.events[now.Unix()%int64(len(l.events))] == 0 { // none in this second either
			delete(ls.boards, board)
		}
	}
	ls.mu.Unlock()
	slices.SortFunc(hot, func(a, b wire.BoardLoad) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(a.Board, b.Board))
	})
	hot = hot[:min(len(hot), hotBoards)]
	for i := range hot {
		hot[i].Queued = ls.queues.waiting(hot[i].Board)
	}
	return hot
}

var (
	hotRate   = prometheus.NewDesc("rollcall_hot_board_events_per_second", "Events a second of the busiest boards through this node, over 10 s; /v1/nodes names them.", []string{"rank"}, nil)
	hotQueued = prometheus.NewDesc("rollcall_hot_board_events_queued", "Events of the busiest boards that wait for the store.", []string{"rank"}, nil)
	hotBusy   = prometheus.NewDesc("rollcall_hot_board_busy_ratio", "Share of the time that a call of the store was under way for the busiest boards.", []string{"rank"}, nil)
)

// Describe implements prometheus.Collector.
func (ls *loads) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{hotRate, hotQueued, hotBusy} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. The label is the rank, for names
// are what a client chose.
func (ls *loads) Collect(ch chan<- prometheus.Metric) {
	for i, l := range ls.hottest(time.Now()) {
		rank := strconv.Itoa(i + 1)
		ch <- prometheus.MustNewConstMetric(hotRate, prometheus.GaugeValue, l.Rate, rank)
		ch <- prometheus.MustNewConstMetric(hotQueued, prometheus.GaugeValue, float64(l.Queued), rank)
		ch <- prometheus.MustNewConstMetric(hotBusy, prometheus.GaugeValue, l.Busy, rank)
	}
}
