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

// nodes are the other nodes as they last told of themselves.
type nodes struct {
	mu    sync.Mutex
	heard map[string]heardNode // guarded by mu; by id
}

type heardNode struct {
	info wire.NodeInfo
	at   time.Time
}

// HearNode takes how another node is.
func (h *Hub) HearNode(n wire.NodeInfo) {
	if n.Node == h.cfg.Node {
		return
	}
	h.nodes.mu.Lock()
	defer h.nodes.mu.Unlock()
	if _, known := h.nodes.heard[n.Node]; known || len(h.nodes.heard) < nodesMax {
		h.nodes.heard[n.Node] = heardNode{n, time.Now()}
	}
}

// tellNode tells the other nodes how this one is until ctx ends.
func (h *Hub) tellNode(ctx context.Context) {
	t := time.NewTicker(h.cfg.NodeBeat)
	defer t.Stop()
	for {
		h.bus.PublishNode(h.info())
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			h.nodes.sweep(time.Now().Add(-3 * h.cfg.NodeBeat))
		}
	}
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
	store := h.cfg.Store
	if problem := h.storeProblem(); problem != "" {
		store += ": " + problem
		store = strings.ToValidUTF8(store[:min(len(store), wire.MaxText)], "")
	}
	return wire.NodeInfo{
		Node: h.cfg.Node, Started: h.started.UnixMilli(), Version: h.cfg.Version, Sessions: live, Users: users,
		Boards: h.feeds.count(), Rooms: h.tracker.Rooms(), Store: store, Bus: h.cfg.Bus,
		Hot: h.loads.hottest(time.Now()),
	}
}
