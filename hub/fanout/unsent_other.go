//go:build !linux

package fanout

import "net"

// boundUnsent needs an option that only Linux is known to have.
func boundUnsent(net.Conn) {}
