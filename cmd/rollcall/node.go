package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
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
	failed chan error // a listener that broke
}

// drainSpread is the time over which a stopping node closes its sessions, so
// that they do not all come back at once.
const drainSpread = 2 * time.Second

// openNode opens the stores and starts to serve. What fails says which flag to
// look at; what was opened is closed again.
func openNode(ctx context.Context, f *serveFlags, file *contest.File, log *slog.Logger) (_ *node, err error) {
	relaxGC()
	n := &node{log: log, failed: make(chan error, 2)}
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
	if err := n.ensureBoard(ctx, cfg, file); err != nil {
		return nil, err
	}
	if err := n.hub.Start(ctx); err != nil {
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
	board := cfg.Contest.Board
	infos, err := n.stores.boards.List(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(infos, func(i leaderboard.Info) bool { return i.Board == board }) {
		return nil
	}
	rules := leaderboard.Rules{Title: cfg.Contest.Title}.WithDefaults()
	for _, p := range cfg.Contest.Problems {
		rules.Columns = append(rules.Columns, leaderboard.Column{ID: p.ID, Label: p.Label, Name: p.Name, Color: p.Color})
	}
	_, _, _, err = n.stores.boards.Put(ctx, board, rules)
	return err
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
		Push: func(_ context.Context, p hub.Principal, board string, body []byte) []byte {
			return n.hub.PushMessage(p, board, body)
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
	go func() { // ends with srv.Close, which close calls
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			n.failed <- fmt.Errorf("serving %s: %w", ln.Addr(), err)
		}
	}()
}

// wait serves until ctx ends or a listener breaks, then stops in order: no new
// work, sessions told to come back elsewhere, queued events applied, stores
// closed.
func (n *node) wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-n.failed:
	}
	n.log.Info("stopping")
	n.hub.Drain(context.Background(), drainSpread)
	return errors.Join(err, n.close())
}

func (n *node) close() error {
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if n.nats != nil {
		errs = append(errs, n.nats.Close(ctx))
	}
	if n.hub != nil {
		n.hub.Close()
	}
	for _, srv := range n.http {
		errs = append(errs, srv.Shutdown(ctx), srv.Close())
	}
	if n.stores != nil {
		errs = append(errs, n.stores.close(ctx))
	}
	return errors.Join(errs...)
}
