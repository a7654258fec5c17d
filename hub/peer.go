package hub

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressOf is the client's address without its port: the peer's, or, if that
// is a proxy we trust, what it and those before it say in X-Forwarded-For. The
// rightmost address that is no trusted proxy counts: what stands left of it
// anyone could have written.
func (h *Hub) addressOf(r *http.Request) string {
	peer := r.RemoteAddr
	if host, _, err := net.SplitHostPort(peer); err == nil {
		peer = host
	}
	if len(h.cfg.Proxies) == 0 {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !h.trusts(peer) {
			break
		}
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break // not an address: the proxy that wrote it is the last we know
		}
		peer = addr.Unmap().String()
	}
	return peer
}

func (h *Hub) trusts(peer string) bool {
	addr, err := netip.ParseAddr(peer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(h.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}
