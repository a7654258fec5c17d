package faults_test

import (
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"time"

	"rollcall/client"
	"rollcall/e2e/harness"
)

// world is a run: what is broken, and everybody who uses it.
type world struct {
	t       testing.TB
	plan    plan
	bound   time.Duration // how soon after healing everything must be right
	keys    *harness.Keys
	admin   string
	nodes   []*node          // by index
	cluster *harness.Cluster // nil on embedded
	redis   *harness.Redis   // on sentinel and cluster
	parts   map[string]*sync.Mutex

	began    time.Time
	promoted time.Time // when a replica last became a primary; of who breaks redis
	clients  []*client.Client
	http     *http.Client // of the judges
	streams  []*stream
	history  *history
	people   *people
	watchers []*watcher

	final map[string]table // by board; set by judge

	mu         sync.Mutex
	complaints []complaint   // guarded by mu
	disturbed  []disturbance // guarded by mu
	done       []doneStep    // guarded by mu
}

// complaint is something that must not be. The judge is what a mutant must be
// caught by.
type complaint struct{ judge, text string }

// node is one serve and the link of its clients.
type node struct {
	index int
	hub   *harness.Hub
	front *harness.Proxy
	again func() // starts the process that ended
	world *world
	id    string // what its sessions are told; guarded by world.mu
	base  usage  // of the process when it had begun; guarded by world.mu
}

// disturbance is a time in which a node was not reachable by its clients or
// could not reach the store alone.
type disturbance struct {
	node       int
	begin, end time.Time // end zero: still
}

// doneStep is a step that was taken.
type doneStep struct {
	step
	began, healed time.Time
	back          time.Time // from when writes should go on; zero: they never stopped
}

// newWorld starts a topology for a plan.
func newWorld(t testing.TB, p plan, binary harness.Binary, flags ...string) *world {
	t.Helper()
	w := &world{http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}, t: t, plan: p, bound: converge + slack, history: newHistory(), parts: map[string]*sync.Mutex{}}
	for _, f := range allFaults {
		w.parts[f.part] = &sync.Mutex{}
	}
	if p.ack != "" {
		flags = append(flags, "--ack", p.ack)
	}
	if p.topology == embedded {
		w.startEmbedded(binary, flags)
	} else {
		w.startShared(binary, flags)
	}
	for _, n := range w.nodes {
		n.measure()
	}
	return w
}

func (w *world) startEmbedded(binary harness.Binary, flags []string) {
	w.t.Helper()
	w.keys = harness.NewKeys(w.t)
	w.admin = w.keys.APIKey("organiser", "admin", "jury", "pusher", "player")
	hub := binary.Start(w.t, append(append(harness.Thresholds(), w.keys.Flags()...), flags...)...)
	u, err := url.Parse(hub.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.nodes = []*node{{world: w, hub: hub, front: harness.NewProxy(w.t, u.Host), again: hub.Restart}}
}

func (w *world) startShared(binary harness.Binary, flags []string) {
	w.t.Helper()
	cfg := harness.Config{Binary: binary, Flags: flags}
	switch w.plan.topology {
	case single:
		cfg.RedisArgs = []string{"--appendonly", "yes", "--appendfsync", "always"}
	case sentinel:
		w.redis = harness.StartSentinel(w.t, 2, "--appendonly", "yes")
		cfg.Redis = w.redis.URL
	case cluster:
		w.redis = harness.StartRedisCluster(w.t, 1, "--appendonly", "yes")
		cfg.Redis = w.redis.URL
	}
	w.cluster = harness.StartCluster(w.t, cfg)
	w.keys, w.admin = w.cluster.Keys, w.cluster.Admin()
	for i, n := range w.cluster.Nodes {
		w.nodes = append(w.nodes, &node{world: w, index: i, hub: n.Hub, front: n.Front, again: n.Restart})
	}
}

// node is the one that a target means.
func (w *world) node(target int) *node { return w.nodes[target%len(w.nodes)] }

// entrance is where client i connects: each node in turn, then nginx.
func (w *world) entrance(i int) string {
	if i %= len(w.nodes) + 1; w.cluster != nil && i == len(w.nodes) {
		return w.cluster.URL
	}
	return "http://" + w.nodes[i%len(w.nodes)].front.Addr
}

// dial connects a client that comes back quickly; it ends with the test.
func (w *world) dial(url string, opts ...client.Option) *client.Client {
	w.t.Helper()
	opts = append([]client.Option{client.Token(w.admin), client.Backoff(20*ms, 200*ms), client.ReadDeadline(harness.Scaled(45 * time.Second))}, opts...)
	c, err := client.Dial(w.t.Context(), url, opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	w.clients = append(w.clients, c)
	return c
}

// redisLinks are the ways to Redis: of each node on single, to each server else.
func (w *world) redisLinks() []*harness.Proxy {
	if w.redis != nil {
		return w.redis.Links
	}
	var links []*harness.Proxy
	for _, n := range w.cluster.Nodes {
		links = append(links, n.Redis)
	}
	return links
}

// redisAddrs are the servers themselves.
func (w *world) redisAddrs() (addrs []string) {
	if w.redis == nil {
		return []string{w.cluster.Redis.Addr}
	}
	for _, s := range w.redis.Servers {
		addrs = append(addrs, s.Addr)
	}
	return addrs
}

func (w *world) must(_ any, err error) {
	if err != nil {
		w.t.Error(err)
	}
}

// api is the HTTP API of the node itself, past its link.
func (n *node) api() *client.API {
	n.world.t.Helper()
	api, err := client.NewAPI(n.hub.URL, client.Token(n.world.admin), client.HTTPClient(n.world.http))
	if err != nil {
		n.world.t.Fatal(err)
	}
	return api
}

// restart starts the node's process again, once the store and the bus can be
// reached.
func (n *node) restart() {
	for _, part := range []string{"redis", "nats"} {
		w := n.world.parts[part]
		w.Lock()
		defer w.Unlock()
	}
	n.again()
	n.measure()
}

// term ends the node as an operator does.
func (n *node) term(w *world) {
	n.hub.Signal(syscall.SIGTERM)
	if code := n.hub.Exit(); code != 0 {
		w.complain("stop", "node %d ended with %d on SIGTERM", n.index, code)
	}
}
