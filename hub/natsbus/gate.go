package natsbus

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"net"

	"github.com/nats-io/nats-server/v2/server"

	"rollcall/hub"
)

var _ server.Authentication = (*gate)(nil)

// hubUser is the name of the hub's own connection.
const hubUser = "rollcall-hub"

var (
	errNoToken     = errors.New("no token: send it as auth_token, or as the password of any user")
	errNotPusher   = errors.New("the token has not the role pusher")
	errNotLoopback = errors.New("without keys only loopback is served")
)

// gate decides who may connect and what a connection may do.
type gate struct {
	server   *Server
	hub      *server.Account // set before the first connection
	password string          // of the hub's own connection; random, never leaves the process
}

// Check is called by the NATS server for every connection. A bot only learns
// that it was refused; the reason is in the log, without the token.
func (g *gate) Check(c server.ClientAuthentication) bool {
	opts := c.GetOpts()
	if g.isHub(c, opts) {
		c.RegisterUser(&server.User{Username: hubUser, Account: g.hub})
		return true
	}
	who, err := g.identify(c, cmp.Or(opts.Password, opts.Token))
	if err == nil {
		err = g.server.tenants.enter(who, func(a *server.Account) { c.RegisterUser(user(who, a)) })
	}
	if err != nil {
		g.server.counts.refused.Add(1)
		g.server.cfg.Log.Warn("nats connection refused", "peer", c.RemoteAddress(), "err", err)
		return false
	}
	return true
}

// isHub recognises the connection that never touched a network.
func (g *gate) isHub(c server.ClientAuthentication, opts *server.ClientOpts) bool {
	addr := c.RemoteAddress()
	return addr != nil && addr.Network() == "pipe" && opts.Username == hubUser &&
		subtle.ConstantTimeCompare([]byte(opts.Password), []byte(g.password)) == 1
}

func (g *gate) identify(c server.ClientAuthentication, token string) (hub.Principal, error) {
	cfg := g.server.cfg
	if cfg.Authenticate == nil {
		if !cfg.Insecure && !loopbackPeer(c.RemoteAddress()) {
			return hub.Principal{}, errNotLoopback
		}
		return cfg.Keyless, nil
	}
	if token == "" {
		return hub.Principal{}, errNoToken
	}
	who, err := cfg.Authenticate(token)
	if err != nil {
		return hub.Principal{}, err
	}
	if !who.Can(hub.Pusher) {
		return hub.Principal{}, errNotPusher
	}
	return who, nil
}

// user is what the principal may do inside its account.
func user(who hub.Principal, account *server.Account) *server.User {
	publish := []string{pushAny}
	if who.Boards != nil {
		publish = nil
		for _, board := range who.Boards {
			publish = append(publish, PushPrefix+board)
		}
	}
	perms := &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: []string{inboxes}},
	}
	if len(publish) == 0 { // an empty list would allow everything
		perms.Publish = &server.SubjectPermission{Deny: []string{">"}}
	}
	return &server.User{
		Username:           who.User,
		Account:            account,
		Permissions:        perms,
		ConnectionDeadline: who.Expires,
	}
}

func loopbackPeer(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
