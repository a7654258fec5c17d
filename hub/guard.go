package hub

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"rollcall/wire"
)

// forwarding are the headers by which a proxy shows itself.
var forwarding = []string{"Forwarded", "X-Real-Ip", "Via"}

// principalOf says who a request acts for, or why it is refused. Without keys
// only a program or page on this very machine is served, as admin; see
// keylessFault. With keys the Authorization header says who; nobody becomes an
// anonymous viewer if the node allows it.
func (h *Hub) principalOf(r *http.Request) (*Principal, *wire.Error) {
	if fault := h.originFault(r); fault != nil {
		return nil, fault
	}
	if h.cfg.Auth == nil {
		if fault := h.keylessFault(r); fault != nil {
			return nil, fault
		}
		p := h.keyless("")
		return &p, nil
	}
	p, fault := h.principal(bearer(r))
	if fault != nil {
		return nil, fault
	}
	return &p, nil
}

func bearer(r *http.Request) string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// principal turns a token into a principal.
func (h *Hub) principal(token string) (Principal, *wire.Error) {
	if token == "" {
		if h.cfg.Anonymous {
			return Principal{Roles: []Role{Viewer}}, nil
		}
		return Principal{}, &wire.Error{Code: wire.AuthRequired, Field: "token", Message: "send a token in hello or as Authorization: Bearer"}
	}
	p, err := h.cfg.Auth.Authenticate(token)
	if err != nil {
		return Principal{}, &wire.Error{Code: wire.BadToken, Field: "token", Message: err.Error()}
	}
	return p, nil
}

// keyless is the principal of a local peer of a hub without keys.
func (h *Hub) keyless(user string) Principal {
	p := Principal{User: user, Name: user, Roles: []Role{Admin}, Keyless: true}
	for _, s := range h.cfg.Contest.Participants {
		if s.RollNumber == user {
			p.Name = s.StudentName
		}
	}
	return p
}

// keylessFault refuses a request that did not plainly come from this machine:
// the peer and the Host must be loopback (a rebound name is not), no proxy may
// show itself, and HTTP/1.0 is what proxies without headers speak.
func (h *Hub) keylessFault(r *http.Request) *wire.Error {
	if h.cfg.Insecure {
		return nil
	}
	refuse := func(why string) *wire.Error {
		return &wire.Error{Code: wire.AuthRequired, Message: "this hub has no keys and serves only this machine: " + why}
	}
	switch {
	case !loopbackPeer(r.RemoteAddr):
		return refuse("the peer is not loopback")
	case !loopbackHost(r.Host):
		return refuse("the Host is not a loopback name")
	case !r.ProtoAtLeast(1, 1):
		return refuse("the request is HTTP/1.0, as proxies send")
	}
	for name := range r.Header {
		if slices.Contains(forwarding, name) || strings.HasPrefix(name, "X-Forwarded-") {
			return refuse("the request came through a proxy (" + name + ")")
		}
	}
	return nil
}

func loopbackPeer(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(strings.TrimSuffix(strings.ToLower(host), "."), "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// originFault refuses a request that a page of another site made. Absent is
// allowed: programs send none.
func (h *Hub) originFault(r *http.Request) *wire.Error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	if h.cfg.Auth != nil && len(origins) == 1 && slices.Contains(h.cfg.Origins, origins[0]) {
		return nil
	}
	u, err := url.Parse(origins[0])
	if len(origins) == 1 && err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, r.Host) {
		return nil
	}
	code := wire.Forbidden
	if h.cfg.Auth == nil {
		code = wire.AuthRequired
	}
	return &wire.Error{Code: code, Field: "Origin", Message: "pages of another origin are not served; allow it with --origin"}
}

// mayPush refuses a principal that may not push to the board.
func (h *Hub) mayPush(p *Principal, board string) *wire.Error {
	if fault := wire.CheckName("board", board); fault != nil {
		return fault
	}
	if !p.Can(Pusher) || !p.OnBoard(board) {
		return &wire.Error{Code: wire.Forbidden, Field: "board", Message: "this token may not push to the board"}
	}
	return nil
}

// mayRead refuses a principal that may not see the board for the audience.
func (h *Hub) mayRead(p *Principal, board, audience string) *wire.Error {
	if fault := wire.CheckName("board", board); fault != nil {
		return fault
	}
	if !p.OnBoard(board) {
		return &wire.Error{Code: wire.Forbidden, Field: "board", Message: "this token does not cover the board"}
	}
	switch audience {
	case "", wire.AudiencePublic:
		return nil
	case wire.AudienceLive:
		if p.Can(Jury) {
			return nil
		}
		return &wire.Error{Code: wire.Forbidden, Field: "audience", Message: "live needs the role jury"}
	}
	return &wire.Error{Code: wire.BadRequest, Field: "audience", Message: "must be public or live"}
}

// withinRate takes one request of a player's rate.
func (h *Hub) withinRate(ctx context.Context, p *Principal) *wire.Error {
	if !slices.Contains(p.Roles, Player) || p.Can(Pusher) || p.Can(Jury) {
		return nil
	}
	wait, ok := h.rates.allowAll(ctx, p.User, time.Now())
	if ok {
		return nil
	}
	h.metrics.refused("player_requests")
	return &wire.Error{Code: wire.RateLimited, Message: "too many requests a minute", RetryAfterMS: wait.Milliseconds() + 1}
}
