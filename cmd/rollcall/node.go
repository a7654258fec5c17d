package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rollcall/contest"
	"rollcall/hub"
	"rollcall/hub/natsbus"
	"rollcall/leaderboard"
)

// node is a hub with everything it needs.
type node struct {
	log    *slog.Logger
	hub    *hub.Hub
	stores *stores
	nats   *natsbus.Server // nil without --nats-listen
	http   []*http.Server
	url    string
	failed chan error    // a listener that broke
	delay  time.Duration // between the first signal and the first bye
	back   time.Duration // the latest that a session is told to come back: before its user would leave, at half the threshold
}

// openNode opens the stores and starts to serve. What fails says which flag to
// look at; what was opened is closed again.
func openNode(ctx context.Context, f *serveFlags, file *contest.File, log *slog.Logger) (_ *node, err error) {
	relaxGC()
	n := &node{log: log, failed: make(chan error, 2), delay: f.DrainDelay, back: f.Threshold / 3}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	if n.stores, err = openStores(ctx, f, log); err != nil {
		return nil, err
	}
	cfg, err := hubConfig(f, n.stores, file, log)
	if err != nil {
		return nil, err
	}
	n.hub = hub.New(cfg, n.stores.boards, n.stores.roster, n.stores.bus)
	connected := n.hub.StoreConnected
	n.stores.onConnect.Store(&connected)
	if err := n.hub.Start(ctx); err != nil {
		return nil, err
	}
	if err := n.ensureBoard(ctx, cfg, file); err != nil {
		return nil, err
	}
	return n, n.listen(f, cfg)
}

// ensureBoard makes the contest's board if it is not there, so that its pages
// have something to show from the start.
func (n *node) ensureBoard(ctx context.Context, cfg hub.Config, file *contest.File) error {
	if file == nil {
		return nil
	}
	rules := leaderboard.Rules{Title: cfg.Contest.Title}.WithDefaults()
	for _, p := range cfg.Contest.Problems {
		rules.Columns = append(rules.Columns, leaderboard.Column{ID: p.ID, Label: p.Label, Name: p.Name, Color: p.Color})
	}
	return n.hub.EnsureBoard(ctx, cfg.Contest.Board, rules)
}

func (n *node) listen(f *serveFlags, cfg hub.Config) error {
	ln, err := net.Listen("tcp", f.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	n.url = "http://" + ln.Addr().String()
	n.serveOn(ln, n.hub.Server())
	if f.MetricsListen != "" {
		ln, err := net.Listen("tcp", f.MetricsListen)
		if err != nil {
			return fmt.Errorf("--metrics-listen: %w", err)
		}
		n.serveOn(ln, n.hub.MetricsServer())
	}
	if f.NATSListen == "" {
		return nil
	}
	nc := natsbus.Config{
		Addr: f.NATSListen, Insecure: f.Insecure, Log: n.log,
		Push: func(_ context.Context, p hub.Principal, board string, asked hub.Asked, body []byte) []byte {
			return n.hub.PushMessage(p, board, asked, body)
		},
		Keyless: hub.Principal{Roles: []hub.Role{hub.Admin}, Keyless: true},
	}
	if cfg.Auth != nil {
		nc.Authenticate = cfg.Auth.Authenticate
	}
	if n.nats, err = natsbus.Listen(nc); err != nil {
		return fmt.Errorf("--nats-listen: %w", err)
	}
	return nil
}

func (n *node) serveOn(ln net.Listener, srv *http.Server) {
	n.http = append(n.http, srv)
	go func() { // ends with srv.Shutdown, which close calls
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			n.failed <- fmt.Errorf("serving %s: %w", ln.Addr(), err)
		}
	}()
}
