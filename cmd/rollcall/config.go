package main

import "time"

// serveFlags is the configuration of a hub: the flags that serve and demo
// share. Each is also an environment variable and a key of the --config file,
// by the same name; a flag goes before the environment, that before the file,
// that before the default.
type serveFlags struct {
	Config      string `help:"YAML file with values for these flags." placeholder:"FILE" env:"ROLLCALL_CONFIG"`
	PrintConfig bool   `help:"Print the configuration in force as YAML and exit. No secret is in it."`

	Listen        string `help:"Address to serve on." default:"127.0.0.1:8080" env:"ROLLCALL_LISTEN"`
	NATSListen    string `name:"nats-listen" help:"Address of the NATS server for bots; empty = none." placeholder:"ADDR" env:"ROLLCALL_NATS_LISTEN"`
	MetricsListen string `help:"Address that serves /metrics alone; empty = on --listen." placeholder:"ADDR" env:"ROLLCALL_METRICS_LISTEN"`
	Redis         string `help:"Redis that many nodes share: redis://HOST:PORT, redis-sentinel://HOST:PORT,…/MASTER or redis-cluster://HOST:PORT,…; empty = the embedded store." placeholder:"URL" env:"ROLLCALL_REDIS"`
	RedisPrefix   string `help:"What all keys in Redis begin with." default:"rollcall" placeholder:"NAME" env:"ROLLCALL_REDIS_PREFIX"`
	NATS          string `name:"nats" help:"NATS through which the nodes of one --redis tell each other what happened: nats://USER:PASSWORD@HOST:PORT,…" placeholder:"URL" env:"ROLLCALL_NATS"`
	Data          string `help:"Directory of the embedded store; \"\" = memory only: a restart forgets everything. Not used with --redis." default:"./rollcall-data" placeholder:"DIR" env:"ROLLCALL_DATA"`

	Contest      string `help:"Contest file (YAML): title, times, problems, participants." placeholder:"FILE" env:"ROLLCALL_CONTEST"`
	Participants string `help:"Participants as CSV, added to the contest's." placeholder:"FILE" env:"ROLLCALL_PARTICIPANTS"`

	JWTHS256File string   `name:"jwt-hs256-file" help:"File with the secret, at least 32 bytes, that signs people's tokens." placeholder:"FILE" env:"ROLLCALL_JWT_HS256_FILE"`
	APIKeyFile   string   `name:"api-key-file" help:"File with the bots' API keys, as the verb token prints its lines." placeholder:"FILE" env:"ROLLCALL_API_KEY_FILE"`
	Anonymous    string   `help:"What those without a token may do where keys are set: none or viewer." default:"none" env:"ROLLCALL_ANONYMOUS"`
	Insecure     bool     `help:"Serve beyond loopback without keys: everyone is admin." env:"ROLLCALL_INSECURE"`
	Origin       []string `help:"Origin of a web page elsewhere that may connect, as https://example.com (repeatable)." placeholder:"ORIGIN" env:"ROLLCALL_ORIGIN"`

	TrustedProxy []string `help:"Address or network (CIDR) of a proxy whose X-Forwarded-For is believed (repeatable)." placeholder:"CIDR" env:"ROLLCALL_TRUSTED_PROXY"`

	DrainDelay time.Duration `help:"After SIGTERM, serve for so long, not ready, before the sessions are sent away: so long as balancers need to notice." default:"0s" env:"ROLLCALL_DRAIN_DELAY"`

	LogLevel  string `help:"debug, info, warn or error." default:"info" env:"ROLLCALL_LOG_LEVEL"`
	LogFormat string `help:"text or json." default:"text" env:"ROLLCALL_LOG_FORMAT"`

	presenceFlags
	boardFlags
	ackFlags
	limitFlags
}

func (f *serveFlags) hubFlags() *serveFlags { return f }

// withKeys reports whether requests must show a token.
func (f *serveFlags) withKeys() bool { return f.JWTHS256File != "" || f.APIKeyFile != "" }

// presenceFlags are the times by which someone is here or gone.
type presenceFlags struct {
	Ping         time.Duration `help:"The server pings a session about this often (±20 %)." default:"15s" env:"ROLLCALL_PING"`
	ReadDeadline time.Duration `help:"A session that says nothing for so long is broken." default:"23s" env:"ROLLCALL_READ_DEADLINE"`
	GraceGoing   time.Duration `help:"A user whose page went away leaves after this." default:"3s" env:"ROLLCALL_GRACE_GOING"`
	GraceBroken  time.Duration `help:"A user whose connection broke leaves after this." default:"7s" env:"ROLLCALL_GRACE_BROKEN"`
	Threshold    time.Duration `help:"A user of a node that died leaves after this." default:"30s" env:"ROLLCALL_THRESHOLD"`
	Refresh      time.Duration `help:"A node says this often who is still there." default:"10s" env:"ROLLCALL_REFRESH"`
	Sweep        time.Duration `help:"How often the users of dead nodes are looked for." default:"1s" env:"ROLLCALL_SWEEP"`
}

// boardFlags are what a board remembers and for how long.
type boardFlags struct {
	IDWindow    time.Duration `name:"id-window" help:"How long the id of an event is remembered." default:"10m" env:"ROLLCALL_ID_WINDOW"`
	IDLimit     int           `name:"id-limit" help:"How many ids a board remembers; more wait (busy)." default:"100000" env:"ROLLCALL_ID_LIMIT"`
	ReplicaKeep time.Duration `help:"A node keeps a board in memory this long after its last use." default:"60s" env:"ROLLCALL_REPLICA_KEEP"`
}

// limitFlags bound what one client can take from the others.
type limitFlags struct {
	MaxConnections           int `help:"Connections in all; 0 = what the file limit of the process allows." default:"0" env:"ROLLCALL_MAX_CONNECTIONS"`
	MaxConnectionsPerAddress int `help:"Connections of one address; high, since a whole hall may share one." default:"20000" env:"ROLLCALL_MAX_CONNECTIONS_PER_ADDRESS"`
	MaxConnectionsPerUser    int `help:"Connections of one user." default:"256" env:"ROLLCALL_MAX_CONNECTIONS_PER_USER"`
	MaxSubscriptions         int `help:"Subscriptions of a session." default:"32" env:"ROLLCALL_MAX_SUBSCRIPTIONS"`
	MaxMessages              int `help:"Messages a second of a session." default:"100" env:"ROLLCALL_MAX_MESSAGES"`
	PlayerRequests           int `help:"Requests a minute of a player." default:"100" env:"ROLLCALL_PLAYER_REQUESTS"`
	QueueDepth               int `help:"Events that wait for the store, by board; more are told busy." default:"4096" env:"ROLLCALL_QUEUE_DEPTH"`
}
