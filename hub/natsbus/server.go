package natsbus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"rollcall/wire"
)

// Server is a NATS server for bots inside this process. Its methods are safe
// for concurrent use.
type Server struct {
	// static after Listen
	cfg     Config
	nats    *server.Server
	conn    *nats.Conn // the hub's own, in process
	tenants *tenants
	lanes   *lanes
	stop    context.CancelFunc // ends every running Push

	counts counts
}

// Listen starts a server; bots can connect when it returns. The caller must
// Close it.
func Listen(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	host, port, err := cfg.hostPort()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg}
	gate := &gate{server: s, password: nats.NewInbox()}
	s.nats, err = server.NewServer(options(cfg, host, port, gate))
	if err != nil {
		return nil, fmt.Errorf("natsbus: %w", err)
	}
	if err := s.start(gate); err != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
		return nil, fmt.Errorf("natsbus: listen on %s: %w", cfg.Addr, err)
	}
	return s, nil
}

func options(cfg Config, host string, port int, gate *gate) *server.Options {
	return &server.Options{
		ServerName:                 "rollcall",
		Host:                       host,
		Port:                       port,
		NoSigs:                     true,
		NoSystemAccount:            true,
		CustomClientAuthentication: gate,
		AuthTimeout:                5,
		MaxConn:                    cfg.MaxConnections + 1, // and the hub's own
		MaxSubs:                    64,
		MaxPayload:                 wire.MaxBody,
		MaxControlLine:             8 << 10, // CONNECT carries a token of up to 4 KiB
		MaxPending:                 16 << 20,
		WriteDeadline:              5 * time.Second,
		PingInterval:               15 * time.Second,
		MaxPingsOut:                2,
	}
}

// start opens the door: the hub's account and its subscription come first, so
// that the first bot finds someone to answer.
func (s *Server) start(gate *gate) error {
	log := &serverLog{log: s.cfg.Log}
	s.nats.SetLogger(log, false, false)
	hubAccount, err := s.nats.RegisterAccount("hub")
	if err != nil {
		return err
	}
	if err := hubAccount.AddServiceExport(botSubjects, nil); err != nil {
		return err
	}
	gate.hub = hubAccount
	s.tenants = newTenants(s.cfg.MaxPrincipals, func(id uint64) (*server.Account, error) {
		return newAccount(s.nats, hubAccount, id)
	})
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.lanes = newLanes(s.cfg, func(j job) { s.answer(ctx, j) })

	s.nats.Start()
	if log.fatal != "" {
		stop()
		return errors.New(log.fatal)
	}
	if err := s.subscribe(gate.password); err != nil {
		stop()
		return err
	}
	return nil
}

// subscribe connects the hub inside the process.
func (s *Server) subscribe(password string) error {
	conn, err := nats.Connect("",
		nats.InProcessServer(s.nats),
		nats.Name("hub"),
		nats.UserInfo(hubUser, password),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(50*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.cfg.Log.Warn("nats hub connection", "err", err)
		}),
	)
	if err != nil {
		return err
	}
	s.conn = conn
	sub, err := conn.QueueSubscribe(botSubjects, "rollcall", s.receive)
	if err == nil {
		// receive never blocks, so this is only the slack of one burst.
		err = sub.SetPendingLimits(1<<16, 64*wire.MaxBody)
	}
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		conn.Close()
	}
	return err
}

// Addr is the address bots connect to.
func (s *Server) Addr() net.Addr { return s.nats.Addr() }

// Close stops taking requests (late ones are answered unavailable), waits for
// those taken and their answers, and closes every connection. When ctx ends
// first, the pushes that still run see their context end and are waited for;
// Close then returns ctx's error.
func (s *Server) Close(ctx context.Context) error {
	undo := context.AfterFunc(ctx, s.stop)
	s.lanes.close()
	undo()
	s.stop()
	// A failed flush means that the connection is gone, and the answers with it.
	flushErr := s.conn.FlushTimeout(time.Second)
	s.conn.Close()
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("natsbus: close: %w", err)
	}
	if flushErr != nil && !errors.Is(flushErr, nats.ErrConnectionClosed) {
		return fmt.Errorf("natsbus: flush the last answers: %w", flushErr)
	}
	return nil
}
