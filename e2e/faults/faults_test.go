package faults_test

import (
	"slices"
	"syscall"
	"time"
)

// fault is one way to break a run. do breaks, waits for the time given and
// heals; it returns the moment from which writes should go on, zero for none.
type fault struct {
	name        string
	what        string // for the table
	on          []topology
	part        string // faults of one part take turns
	least, most time.Duration
	do          func(w *world, target int, lasts time.Duration) time.Time
	forgets     bool // the store may forget what it had acknowledged to a node
}

var (
	everywhere = topologies
	shared     = []topology{single, sentinel, cluster}
	replicated = []topology{sentinel, cluster}
)

const ms = time.Millisecond

// allFaults is the matrix. A part "node" is the target's own.
var allFaults = []fault{
	{name: "node-kill", what: "kill -9 of a node", on: everywhere, part: "node", least: 100 * ms, most: 1500 * ms, do: nodeKill},
	{name: "node-stop", what: "SIGSTOP of a node", on: everywhere, part: "node", least: 200 * ms, most: 5000 * ms, do: nodeStop},
	{name: "node-term", what: "SIGTERM of a node", on: everywhere, part: "node", least: 50 * ms, most: 500 * ms, do: nodeTerm},
	{name: "rolling", what: "rolling restart of all nodes", on: shared, part: "node", least: 50 * ms, most: 500 * ms, do: rolling},
	{name: "client-cut", what: "clients of a node cut off", on: everywhere, part: "node", least: 50 * ms, most: 1500 * ms, do: clientCut},
	{name: "client-hole", what: "clients of a node in a blackhole", on: everywhere, part: "node", least: 200 * ms, most: 3000 * ms, do: clientHole},
	{name: "client-drop", what: "5 % of the answers to a node's clients lost", on: everywhere, part: "node", least: 500 * ms, most: 3000 * ms, do: clientDrop},
	{name: "nginx-reload", what: "nginx reloaded", on: shared, part: "nginx", least: 50 * ms, most: 200 * ms, do: nginxReload},

	{name: "nats-one", what: "one NATS server down", on: shared, part: "nats", least: 500 * ms, most: 2000 * ms, do: natsOne},
	{name: "nats-all", what: "every NATS server down", on: shared, part: "nats", least: 500 * ms, most: 3000 * ms, do: natsAll},
	{name: "nats-hole", what: "a node's NATS in a blackhole", on: shared, part: "nats", least: 500 * ms, most: 3000 * ms, do: natsHole},

	{name: "redis-kill", what: "kill -9 of Redis, AOF always", on: []topology{single}, part: "redis", least: 50 * ms, most: 2000 * ms, do: redisKill},
	{name: "redis-stop", what: "SIGSTOP of Redis", on: []topology{single}, part: "redis", least: 200 * ms, most: 5000 * ms, do: redisStop},
	{name: "redis-cut", what: "Redis cut off", on: shared, part: "redis", least: 50 * ms, most: 900 * ms, do: redisCut},
	{name: "redis-hole", what: "Redis in a blackhole", on: []topology{single}, part: "redis", least: 200 * ms, most: 5000 * ms, do: redisHole},
	{name: "redis-hole-one", what: "a node's Redis in a blackhole", on: []topology{single}, part: "redis", least: 200 * ms, most: 4000 * ms, do: redisHoleOne},
	{name: "redis-delay", what: "Redis 20 ms away", on: shared, part: "redis", least: 500 * ms, most: 2000 * ms, do: redisDelay},
	{name: "redis-drop", what: "5 % of Redis's answers lost", on: shared, part: "redis", least: 1000 * ms, most: 4000 * ms, do: redisDrop},
	{name: "redis-scripts", what: "SCRIPT FLUSH", on: shared, part: "redis", least: 200 * ms, most: 1000 * ms, do: redisScripts},
	{name: "redis-clients", what: "CLIENT KILL", on: shared, part: "redis", least: 200 * ms, most: 1000 * ms, do: redisClients},
	{name: "redis-oom", what: "Redis out of memory", on: shared, part: "redis", least: 300 * ms, most: 2000 * ms, do: redisOOM},

	{name: "replica-stop", what: "a replica stopped", on: replicated, part: "redis", least: 300 * ms, most: 1500 * ms, do: replicaStop},
	{name: "replication-cut", what: "replication cut off", on: replicated, part: "redis", least: 300 * ms, most: 1500 * ms, do: replicationCut},
	{name: "failover", what: "the primary killed", on: replicated, part: "redis", least: 100 * ms, most: 1000 * ms, do: failover, forgets: true},
	{name: "failover-cut", what: "replication cut off, then the primary killed", on: replicated, part: "redis", least: 300 * ms, most: 1500 * ms, do: failoverCut, forgets: true},
	{name: "failover-hole", what: "replication in a blackhole, then the primary killed", on: replicated, part: "redis", least: 300 * ms, most: 1500 * ms, do: failoverHole, forgets: true},
	{name: "two-primaries", what: "the primary and all nodes cut off from sentinels and replicas", on: []topology{sentinel}, part: "redis", least: 3500 * ms, most: 5000 * ms, do: twoPrimaries, forgets: true},
}

func faultsOn(on topology) []fault {
	return slices.DeleteFunc(slices.Clone(allFaults), func(f fault) bool { return !slices.Contains(f.on, on) })
}

func faultNamed(name string) *fault {
	i := slices.IndexFunc(allFaults, func(f fault) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &allFaults[i]
}

func nodeKill(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.hub.Kill()
	time.Sleep(lasts)
	n.restart()
	return time.Now()
}

func nodeStop(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.hub.Signal(syscall.SIGSTOP)
	time.Sleep(lasts)
	n.hub.Signal(syscall.SIGCONT)
	return time.Now()
}

func nodeTerm(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.term(w)
	time.Sleep(lasts)
	n.restart()
	return time.Now()
}

func rolling(w *world, _ int, lasts time.Duration) time.Time {
	for _, n := range w.nodes {
		end := w.disturb(n)
		n.term(w)
		n.restart()
		end()
		time.Sleep(lasts)
	}
	return time.Now()
}

func clientCut(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.front.Cut()
	time.Sleep(lasts)
	n.front.Heal()
	return time.Now()
}

func clientHole(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.front.Blackhole()
	time.Sleep(lasts)
	n.front.Heal()
	return time.Now()
}

// clientDrop loses answers and frames after the node has done what it was asked.
func clientDrop(w *world, target int, lasts time.Duration) time.Time {
	n := w.node(target)
	defer w.disturb(n)()
	n.front.DropAnswers(0.05, w.plan.seed)
	time.Sleep(lasts)
	n.front.Heal()
	return time.Now()
}

func nginxReload(w *world, _ int, lasts time.Duration) time.Time {
	w.cluster.Nginx.Reload()
	time.Sleep(lasts)
	return time.Now()
}

func natsOne(w *world, target int, lasts time.Duration) time.Time {
	w.cluster.NATS.Stop(target % 3)
	time.Sleep(lasts)
	w.cluster.NATS.StartAll()
	return time.Time{}
}

func natsAll(w *world, _ int, lasts time.Duration) time.Time {
	w.cluster.NATS.StopAll()
	time.Sleep(lasts)
	w.cluster.NATS.StartAll()
	return time.Time{}
}

func natsHole(w *world, target int, lasts time.Duration) time.Time {
	links := w.cluster.Nodes[target%len(w.cluster.Nodes)].NATS
	for _, p := range links {
		p.Blackhole()
	}
	time.Sleep(lasts)
	for _, p := range links {
		p.Heal()
	}
	return time.Time{}
}
