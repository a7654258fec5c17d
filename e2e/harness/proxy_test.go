package harness_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"rollcall/e2e/harness"
)

func TestProxyCarriesBothWays(t *testing.T) {
	t.Parallel()
	c := newCaller(t, harness.NewProxy(t, newEcho(t)))
	c.wantEcho("hello")
	c.wantEcho("again")
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	p := harness.NewProxy(t, newEcho(t))
	c := newCaller(t, p)
	p.Delay(100 * time.Millisecond)
	begin := time.Now()
	c.wantEcho("slow")
	if took := time.Since(begin); took < 200*time.Millisecond {
		t.Errorf("an echo took %v; want at least twice 100 ms", took)
	}
}

func TestProxyCuts(t *testing.T) {
	t.Parallel()
	p := harness.NewProxy(t, newEcho(t))
	c := newCaller(t, p)
	c.wantEcho("before")
	p.Cut()
	c.wantGone()
	if conn, err := net.Dial("tcp", p.Addr); err == nil { // else it was reset before the dial was done
		caller{conn, t}.wantGone()
		_ = conn.Close()
	}
	p.Heal()
	newCaller(t, p).wantEcho("after")
}

func TestProxySwallows(t *testing.T) {
	t.Parallel()
	p := harness.NewProxy(t, newEcho(t))
	old, idle := newCaller(t, p), newCaller(t, p)
	old.wantEcho("before")
	idle.wantEcho("before")
	p.Blackhole()
	old.wantSilence()
	young := newCaller(t, p)
	young.wantSilence()
	p.Heal()
	old.wantGone() // lost bytes
	young.wantGone()
	idle.wantEcho("lost nothing")
	newCaller(t, p).wantEcho("after")
}

func TestBlackholeHidesAnEnd(t *testing.T) {
	t.Parallel()
	far := make(chan net.Conn, 1)
	ln := listen(t)
	go func() {
		if c, err := ln.Accept(); err == nil {
			far <- c
		}
	}()
	p := harness.NewProxy(t, ln.Addr().String())
	near := newCaller(t, p)
	other := <-far
	t.Cleanup(func() { _ = other.Close() })
	p.Blackhole()
	_ = near.Close()
	_ = other.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := other.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the far side was told of the end: %v", err)
	}
	p.Heal()
	_ = other.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := other.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after healing: %v; want the end", err)
	}
}

// TestProxyLosesAnAnswer: the server has got the request, the client gets no
// answer but the end of its connection, and only that one.
func TestProxyLosesAnAnswer(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 4)
	p := harness.NewProxy(t, newListener(t, heard))
	one, other := newCaller(t, p), newCaller(t, p)
	one.wantEcho("before")
	other.wantEcho("before")
	p.DropNext(1)
	one.wantGone()
	other.wantEcho("after")
	if n := p.Dropped(); n != 1 {
		t.Errorf("%d answers were lost; want 1", n)
	}
	for _, want := range []string{"before", "before", "anyone?", "after"} {
		if got := <-heard; got != want {
			t.Errorf("the server heard %q; want %q", got, want)
		}
	}
}

func TestProxyLosesAShareOfTheAnswers(t *testing.T) {
	t.Parallel()
	p := harness.NewProxy(t, newEcho(t))
	p.DropAnswers(0.3, 7)
	lost := 0
	for range 100 {
		c := newCaller(t, p)
		if got, _ := c.ask("word", 10*time.Second); got == "" {
			lost++
		}
	}
	if lost < 10 || lost > 60 || lost != p.Dropped() {
		t.Errorf("%d of 100 answers did not come, %d were lost; want about 30", lost, p.Dropped())
	}
	p.Heal()
	newCaller(t, p).wantEcho("after")
}

// TestProxyCutsReplicationAlone: a replica is told by how it begins, also one
// that has only said PING before the cut.
func TestProxyCutsReplicationAlone(t *testing.T) {
	t.Parallel()
	p := harness.NewProxy(t, newEcho(t))
	client, replica, early := newCaller(t, p), newCaller(t, p), newCaller(t, p)
	client.wantEcho("SET k v")
	replica.wantEcho("REPLCONF listening-port 1")
	if _, err := early.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	p.Cut(harness.Replica)
	client.wantEcho("SET k w")
	replica.wantGone()
	_ = early.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = early.Write([]byte("REPLCONF listening-port 2\n"))
	if got, err := io.ReadAll(early); errors.Is(err, os.ErrDeadlineExceeded) || bytes.Contains(got, []byte("REPLCONF")) {
		t.Errorf("a replica came through: %q, %v", got, err)
	}
	p.Heal()
	newCaller(t, p).wantEcho("REPLCONF listening-port 3")
}

// newListener echoes like newEcho and tells each line it heard.
func newListener(t *testing.T, heard chan<- string) string {
	t.Helper()
	ln := listen(t)
	go func() { // ends with the listener
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection, which the proxy ends
				defer func() { _ = c.Close() }()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					heard <- lines.Text()
					if _, err := c.Write(append(lines.Bytes(), '\n')); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// newEcho is a server that sends back what it gets.
func newEcho(t *testing.T) string {
	t.Helper()
	ln := listen(t)
	go func() { // ends with the listener
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection, which the proxy ends
				_, _ = bufio.NewReader(c).WriteTo(c)
				_ = c.Close()
			}()
		}
	}()
	return ln.Addr().String()
}

type caller struct {
	net.Conn
	t *testing.T
}

func newCaller(t *testing.T, p *harness.Proxy) caller {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return caller{c, t}
}

func (c caller) ask(word string, wait time.Duration) (string, error) {
	_ = c.SetDeadline(time.Now().Add(wait))
	if _, err := c.Write([]byte(word + "\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

func (c caller) wantEcho(word string) {
	c.t.Helper()
	if got, err := c.ask(word, 10*time.Second); got != word+"\n" {
		c.t.Fatalf("%q came back as %q, %v", word, got, err)
	}
}

func (c caller) wantGone() {
	c.t.Helper()
	if got, err := c.ask("anyone?", 10*time.Second); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("%q, %v; want a broken connection", got, err)
	}
}

func (c caller) wantSilence() {
	c.t.Helper()
	if got, err := c.ask("anyone?", 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("%q, %v; want silence", got, err)
	}
}
