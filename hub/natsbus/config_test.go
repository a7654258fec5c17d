package natsbus

import (
	"net"
	"strings"
	"testing"
)

func TestListenRefusesWhatItCannotServe(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no push":         {Config{Addr: "127.0.0.1:0"}, "Push"},
		"no port":         {Config{Addr: "127.0.0.1", Push: echo}, "missing port"},
		"port too large":  {Config{Addr: "127.0.0.1:70000", Push: echo}, "0 to 65535"},
		"keyless, world":  {Config{Addr: "0.0.0.0:0", Push: echo}, "not loopback"},
		"keyless, all":    {Config{Addr: ":0", Push: echo}, "not loopback"},
		"keyless, a name": {Config{Addr: "example.com:0", Push: echo}, "not loopback"},
		"address in use":  {Config{Addr: busy.Addr().String(), Push: echo}, "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Listen(c.cfg)
			if err == nil {
				s.Close(t.Context())
				t.Fatal("it listens")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
		})
	}
}

func TestOnlyLoopbackPeersAreKeyless(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.1:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"10.0.0.1:1": false, "[fe80::1]:1": false, "0.0.0.0:1": false,
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := loopbackPeer(a); got != want {
			t.Errorf("loopbackPeer(%s) = %v", addr, got)
		}
	}
	if loopbackPeer(nil) {
		t.Error("a peer without address is taken for loopback")
	}
}

func TestInsecureListensAnywhere(t *testing.T) {
	s := newServer(t, Config{Addr: "0.0.0.0:0", Insecure: true})
	if s.Addr() == nil {
		t.Error("no address")
	}
}
