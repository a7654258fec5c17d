package hub

import (
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rollcall/leaderboard"
	"rollcall/presence"
	"rollcall/wire"
)

// Config is how a node behaves. The zero value of a field means its default.
type Config struct {
	Node    string // id of the node; default a fresh UUID
	Version string // version of the program, shown in the console
	Store   string // name of the store, shown in the console: memory, disk …
	Bus     string // name of the bus, shown in the console; default in-process

	// Collectors are what the node's drivers measure; /metrics shows them too.
	Collectors []prometheus.Collector

	// Keys: nil is keyless mode, in which only loopback peers are served.
	Auth      Authenticator
	Insecure  bool     // keyless mode serves any peer
	Anonymous bool     // with keys: who has no token may watch public boards
	Origins   []string // allowed Origin values besides the request's own host
	// Proxies are the peers whose X-Forwarded-For is believed; default none.
	Proxies []netip.Prefix

	Contest wire.Contest // what the pages show; Room and Board default to "main"
	Static  http.Handler // pages; nil = none
	Logger  *slog.Logger // default: discards

	// Sessions.
	Ping         time.Duration // server ping, ±20 %; default 15 s: under every proxy's idle timeout
	ReadDeadline time.Duration // silence that ends a session; default 23 s: one lost ping is forgiven
	AuthTimeout  time.Duration // connect to hello; default 5 s
	Presence     presence.Config

	// Boards.
	// Ack is the least level of an ack of this node; the board and the request
	// may ask for more. Default: memory where the store is shared, else the best
	// that the store can prove, which there costs nothing.
	Ack leaderboard.Level
	// Durable is the level whose proof moves the durable watermark of a source.
	// "" = nothing does: it is unknown.
	Durable leaderboard.Level
	// Journal keeps acknowledged events whose senders ask for it, and sends those
	// again that a shared store has forgotten. nil = requests that ask for it are
	// refused. It stays the caller's.
	Journal    Journal
	BatchMax   int // events in one call of the store; default 64
	QueueDepth int // events waiting per board; default 8,192; full = busy
	// QueueBytes is the memory, about, of the events of one board that wait or are
	// being answered; default 16 MiB: 8,192 events of 2 KB, where one may have
	// 64 KB. NodeQueueBytes is that of all boards; default 256 MiB. Full = busy.
	QueueBytes     int
	NodeQueueBytes int
	ReplicaKeep    time.Duration // idle replica is dropped after; default 60 s

	// Shared says that other nodes write to the same stores: then boards are
	// read when first asked for, not before /readyz, and what the bus may have
	// lost is looked for.
	Shared bool
	// AuditEvery is how often one of the boards served here is compared with the
	// store, in turn, give or take a tenth; default 1 min.
	AuditEvery time.Duration
	HeadPoll   time.Duration // pause between two looks at the heads of the boards served here; default 1 s
	Limiter    Limiter       // counts player requests of all nodes; default: of this one
	RoomPoll   time.Duration // pause between two looks at the versions of the rooms watched here; default 10 s
	NodeBeat   time.Duration // how often a node tells the others how it is; default 2 s

	BoardHz float64       // frames a second of a busy board view; default 10
	WaitMax time.Duration // longest wait_ms; default 30 s

	Limits Limits
}

// Limits bound what clients may take. Each has a metric
// rollcall_refused_total{limit=…} under the name in the comment, as have those
// that stand elsewhere: queue_depth, queue_bytes and node_queue_bytes (Config), rooms
// (presence.Config.MaxRooms) and answers (those that a session does not read).
type Limits struct {
	Connections           int     // connections, WebSockets and SSE streams; default 18,000
	ConnectionsPerAddress int     // address_connections; default 2,048
	ConnectionsPerUser    int     // user_connections; default 32
	Subscriptions         int     // subscriptions of a session; default 32
	Rows                  int     // rows of board views of a session in all; default 4,096
	Messages              float64 // messages a second of a session that is no pusher, jury or admin; default 100; who goes on at over twice that is closed
	PlayerRequests        int     // player_requests a minute, over HTTP and to join a room; default 100
	Standings             int     // standings, sources whose standing is told to the sessions that push them; default 65,536; beyond it, and beyond 64 of a session, the session hears of no durable watermark
	JournalEvents         int     // journal, events in Config.Journal; default 1,000,000; full = busy, or the oldest are dropped where no level is durable
	JournalBytes          int     // journal, bytes of them; default 1 GiB
	InFlight              int     // unanswered score messages of a session; default 64: then it is not read
}

func (c Config) withDefaults() Config {
	def(&c.Bus, "in-process")
	def(&c.Ping, 15*time.Second)
	def(&c.ReadDeadline, 23*time.Second)
	def(&c.AuthTimeout, 5*time.Second)
	def(&c.BatchMax, 64)
	def(&c.QueueDepth, 8192)
	def(&c.QueueBytes, 16<<20)
	def(&c.NodeQueueBytes, 256<<20)
	def(&c.ReplicaKeep, time.Minute)
	def(&c.HeadPoll, time.Second)
	def(&c.AuditEvery, time.Minute)
	def(&c.RoomPoll, 10*time.Second)
	def(&c.NodeBeat, 2*time.Second)
	def(&c.BoardHz, 10)
	def(&c.WaitMax, 30*time.Second)
	def(&c.Contest.Room, "main")
	def(&c.Contest.Board, "main")
	def(&c.Limits.Connections, 18000)
	def(&c.Limits.ConnectionsPerAddress, 2048)
	def(&c.Limits.ConnectionsPerUser, 32)
	def(&c.Limits.Subscriptions, 32)
	def(&c.Limits.Rows, 4096)
	def(&c.Limits.Messages, 100)
	def(&c.Limits.PlayerRequests, 100)
	def(&c.Limits.Standings, 65536)
	def(&c.Limits.JournalEvents, 1_000_000)
	def(&c.Limits.JournalBytes, 1<<30)
	def(&c.Limits.InFlight, 64)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
