package hub

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/wire"
)

// nodesMax bounds what is remembered of other nodes; more are not shown.
const nodesMax = 1000

// newsWait is how long a node gathers news before it tells them.
const newsWait = 50 * time.Millisecond

// nodes are the other nodes as they last told of themselves.
type nodes struct {
	news  chan struct{} // holds at most one: the others should hear how this node is
	heed  chan struct{} // holds at most one: another node has been heard
	mu    sync.Mutex
	heard map[string]heardNode // guarded by mu; by id
}

func newNodes() *nodes {
	return &nodes{news: make(chan struct{}, 1), heed: make(chan struct{}, 1), heard: map[string]heardNode{}}
}

type heardNode struct {
	info wire.NodeInfo
	at   time.Time
}

// HearNode takes how another node is. One that is new has heard nothing of the
// others yet: it is told at once.
func (h *Hub) HearNode(n wire.NodeInfo) {
	if n.Node == h.cfg.Node {
		return
	}
	if h.nodes.hear(n) {
		signal(h.nodes.news)
	}
	signal(h.nodes.heed)
}

// hear reports whether the node is new.
func (ns *nodes) hear(n wire.NodeInfo) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	_, known := ns.heard[n.Node]
	if !known && len(ns.heard) >= nodesMax {
		return false
	}
	ns.heard[n.Node] = heardNode{n, time.Now()}
	return !known
}

// signal fills a channel that holds one; who listens will look anyway.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tellNode tells the other nodes how this one is until ctx ends: at each beat,
// and when there are news.
func (h *Hub) tellNode(ctx context.Context) {
	t := time.NewTicker(h.cfg.NodeBeat)
	defer t.Stop()
	for {
		h.bus.PublishNode(h.info())
		select {
		case <-ctx.Done():
			return
		case <-h.nodes.news:
			h.pause(newsWait)
		case <-t.C:
			h.nodes.sweep(time.Now().Add(-3 * h.cfg.NodeBeat))
		}
	}
}

// losing returns a node that knows of boards that the store has lost, "" if
// none does.
func (ns *nodes) losing() string {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for id, n := range ns.heard {
		if n.info.Lost > 0 {
			return id
		}
	}
	return ""
}

// sweep forgets nodes that have been silent since.
func (ns *nodes) sweep(since time.Time) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for id, n := range ns.heard {
		if n.at.Before(since) {
			delete(ns.heard, id)
		}
	}
}

// all returns this node and those heard of, the longest running first.
func (h *Hub) allNodes() []wire.NodeInfo {
	all := []wire.NodeInfo{h.info()}
	h.nodes.mu.Lock()
	for _, n := range h.nodes.heard {
		all = append(all, n.info)
	}
	h.nodes.mu.Unlock()
	slices.SortFunc(all, func(a, b wire.NodeInfo) int {
		return cmp.Or(cmp.Compare(a.Started, b.Started), cmp.Compare(a.Node, b.Node))
	})
	return all
}

// info is how this node is.
func (h *Hub) info() wire.NodeInfo {
	live, users := h.sessions.counts()
	problem := h.storeProblem()
	problem = strings.ToValidUTF8(problem[:min(len(problem), wire.MaxText)], "")
	return wire.NodeInfo{
		Node: h.cfg.Node, Started: h.started.UnixMilli(), Version: h.cfg.Version, Sessions: live, Users: users,
		Boards: h.feeds.count(), Rooms: h.tracker.Rooms(), Store: h.cfg.Store, Bus: h.cfg.Bus,
		Problem: problem, Lost: int(h.losses.count.Load()), Hot: h.loads.hottest(time.Now()),
	}
}
