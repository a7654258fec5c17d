// Package e2e holds the tests on the real binary and real sockets: hubs that
// are killed and restarted, bots that go on, and (in browser) pages in real
// browsers. They prove of the whole what the tests beside the code prove of
// its parts.
package e2e
