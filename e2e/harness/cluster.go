package harness

import (
	"net/url"
	"strings"
	"testing"

	"rollcall/client"
	"rollcall/redisconn/redistest"
)

// Config says what a Cluster is made of. The zero Config is three nodes on one
// Redis.
type Config struct {
	Nodes int    // 0 = 3
	Redis string // address; "" = a server of its own, behind a proxy for each node
	// RedisArgs are options of the server of its own.
	RedisArgs []string
	Binary    Binary // "" = the program as it is
	Flags     []string
	// Each has further flags of one node.
	Each func(i int) []string
	// Nginx has values of the ${ROLLCALL_…} of deploy/nginx.conf.
	Nginx map[string]string
	// Fronted is how many of the nodes are behind nginx; 0 = all.
	Fronted int
	// Direct leaves out the proxies between nginx and the nodes, which take two
	// file descriptors a session.
	Direct bool
}

// Cluster is a deployment: Redis, three NATS servers, nodes and nginx, with
// keys, and a proxy on every link.
type Cluster struct {
	URL   string            // of nginx
	Redis *redistest.Server // nil if Config named an address
	NATS  *NATS
	Nodes []*Node
	Nginx *Nginx
	Keys  *Keys

	tb    testing.TB
	admin string
}

// Node is one of the hubs and its links.
type Node struct {
	*Hub
	ID     string   // what its sessions are told
	Front  *Proxy   // client → node
	Behind *Proxy   // nginx → node
	Redis  *Proxy   // nil if Config named an address
	NATS   []*Proxy // node → each of the NATS servers

	cluster *Cluster
}

// StartCluster starts everything and waits until every node is ready.
func StartCluster(tb testing.TB, cfg Config) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb, Keys: NewKeys(tb), NATS: StartNATS(tb)}
	c.admin = c.Keys.APIKey("organiser", "admin", "jury", "pusher", "player")
	if cfg.Redis == "" {
		c.Redis = redistest.Start(tb, cfg.RedisArgs...)
	}
	if cfg.Nodes == 0 {
		cfg.Nodes = 3
	}
	var behind []string
	for i := range cfg.Nodes {
		n := c.newNode(cfg, i)
		c.Nodes = append(c.Nodes, n)
		switch {
		case cfg.Fronted > 0 && i >= cfg.Fronted:
		case cfg.Direct:
			behind = append(behind, n.host())
		default:
			behind = append(behind, n.Behind.Addr)
		}
	}
	vars := map[string]string{"ROLLCALL_SILENCE": "4500ms"}
	if Scale == 1 {
		vars["ROLLCALL_SILENCE"] = "45s"
	}
	for name, value := range cfg.Nginx {
		vars[name] = value
	}
	c.Nginx = StartNginx(tb, behind, vars)
	c.URL = c.Nginx.URL
	return c
}

func (c *Cluster) newNode(cfg Config, i int) *Node {
	c.tb.Helper()
	n := &Node{cluster: c, Front: NewProxy(c.tb, ""), Behind: NewProxy(c.tb, "")}
	redis := cfg.Redis
	if c.Redis != nil {
		n.Redis = NewProxy(c.tb, c.Redis.Addr)
		redis = "redis://" + n.Redis.Addr
	}
	var nats []string
	for _, addr := range c.NATS.Addrs {
		p := NewProxy(c.tb, addr)
		n.NATS = append(n.NATS, p)
		nats = append(nats, "nats://"+natsUser+":"+natsPassword+"@"+p.Addr)
	}
	flags := append([]string{"--redis", redis, "--nats", strings.Join(nats, ","), "--trusted-proxy", "127.0.0.1/32"}, Thresholds()...)
	flags = append(append(flags, c.Keys.Flags()...), cfg.Flags...)
	if cfg.Each != nil {
		flags = append(flags, cfg.Each(i)...)
	}
	n.Hub = cfg.Binary.startNode(c.tb, flags)
	n.retarget()
	return n
}

// Restart starts the node again, which must have ended. It is another node
// then, behind the same links.
func (n *Node) Restart() {
	n.Hub.Restart()
	n.retarget()
}

func (n *Node) retarget() {
	n.tb.Helper()
	n.Front.Retarget(n.host())
	n.Behind.Retarget(n.host())
	c := n.Dial()
	n.ID = c.Session().Node
	_ = c.Close()
}

func (n *Node) host() string {
	u, err := url.Parse(n.URL)
	if err != nil {
		n.tb.Fatal(err)
	}
	return u.Host
}

// Dial connects a client to this node, past nginx. Without a Token among the
// options it is the organiser.
func (n *Node) Dial(opts ...client.Option) *client.Client {
	n.tb.Helper()
	return n.cluster.dial("http://"+n.Front.Addr, opts)
}

// Dial connects a client through nginx; see Node.Dial.
func (c *Cluster) Dial(opts ...client.Option) *client.Client {
	c.tb.Helper()
	return c.dial(c.URL, opts)
}

func (c *Cluster) dial(url string, opts []client.Option) *client.Client {
	c.tb.Helper()
	return dial(c.tb, url, append([]client.Option{client.Token(c.admin)}, opts...))
}

// Admin is the API key of the organiser, who may do everything.
func (c *Cluster) Admin() string { return c.admin }
