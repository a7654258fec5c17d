package hub

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestAddressIsThatBeforeTheTrustedProxies(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tc := range []struct {
		peer    string
		forward []string
		trusted []netip.Prefix
		want    string
	}{
		{"192.0.2.1:99", nil, proxies, "192.0.2.1"},
		{"192.0.2.1:99", []string{"198.51.100.7"}, proxies, "192.0.2.1"}, // not from a proxy: not believed
		{"10.0.0.1:99", []string{"198.51.100.7"}, nil, "10.0.0.1"},       // no proxy is trusted
		{"10.0.0.1:99", []string{"198.51.100.7"}, proxies, "198.51.100.7"},
		{"10.0.0.1:99", []string{"1.2.3.4, 198.51.100.7"}, proxies, "198.51.100.7"}, // the left one is forged
		{"10.0.0.1:99", []string{"1.2.3.4", "198.51.100.7, 10.9.9.9"}, proxies, "198.51.100.7"},
		{"10.0.0.1:99", []string{"10.1.1.1, 10.2.2.2"}, proxies, "10.1.1.1"},
		{"10.0.0.1:99", []string{"junk, 10.2.2.2"}, proxies, "10.2.2.2"},
		{"10.0.0.1:99", []string{""}, proxies, "10.0.0.1"},
		{"10.0.0.1:99", nil, proxies, "10.0.0.1"},
		{"[fd00::1]:99", []string{"2001:db8::5"}, proxies, "2001:db8::5"},
		{"[::ffff:10.0.0.1]:99", []string{"::ffff:198.51.100.7"}, proxies, "198.51.100.7"},
	} {
		h := &Hub{cfg: Config{Proxies: tc.trusted}}
		r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{"X-Forwarded-For": tc.forward}}
		if got := h.addressOf(r); got != tc.want {
			t.Errorf("%s with %q: %s, want %s", tc.peer, tc.forward, got, tc.want)
		}
	}
}
