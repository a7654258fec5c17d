package harness

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Nginx is a real nginx that runs deploy/nginx.conf.
type Nginx struct {
	URL  string // http://127.0.0.1:port
	Addr string // its host:port

	tb     testing.TB
	dir    string
	vars   map[string]string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	exited chan struct{}
}

// StartNginx runs nginx in front of hubs, each a host:port. Vars are further
// values of the file's ${ROLLCALL_…}, over the defaults of compose.yaml.
func StartNginx(tb testing.TB, hubs []string, vars map[string]string) *Nginx {
	tb.Helper()
	n := &Nginx{tb: tb, dir: tb.TempDir(), vars: map[string]string{
		"ROLLCALL_BALANCER":    "192.0.2.1", // nobody (RFC 5737)
		"ROLLCALL_REQUESTS":    "1000",
		"ROLLCALL_CONNECTIONS": "20000",
		"ROLLCALL_SILENCE":     "45s",
		"ROLLCALL_TLS":         "",
	}}
	servers := make([]string, len(hubs))
	for i, h := range hubs {
		servers[i] = "server " + h + " max_fails=0;"
	}
	n.vars["ROLLCALL_HUBS"] = strings.Join(servers, " ")
	n.vars["ROLLCALL_NGINX_TEMP"] = n.dir
	for name, value := range vars {
		n.vars[name] = value
	}
	tb.Cleanup(n.stop)
	for range 10 { // a stranger may take the port between our look and nginx's
		if n.start() {
			return n
		}
	}
	tb.Fatalf("nginx: %s", n.stderr.String())
	return nil
}

// start renders the file for a free port; false if nginx ended.
func (n *Nginx) start() bool {
	n.tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.tb.Fatal(err)
	}
	n.Addr = ln.Addr().String()
	n.URL = "http://" + n.Addr
	_ = ln.Close()
	n.vars["ROLLCALL_NGINX_LISTEN"] = "127.0.0.1:" + n.Addr[strings.LastIndexByte(n.Addr, ':')+1:]
	conf := filepath.Join(n.dir, "nginx.conf")
	if err := os.WriteFile(conf, []byte(RenderNginx(n.tb, n.vars)), 0o600); err != nil {
		n.tb.Fatal(err)
	}
	n.stderr.Reset()
	n.cmd = exec.Command("nginx", "-p", n.dir, "-c", conf, "-e", "stderr", "-g", n.globals())
	n.cmd.Stderr = &n.stderr
	if err := n.cmd.Start(); err != nil {
		n.tb.Fatalf("nginx: %v (it is Debian's package nginx)", err)
	}
	n.exited = make(chan struct{})
	go func() { // ends with the process, which stop ends
		_ = n.cmd.Wait()
		close(n.exited)
	}()
	return n.ready()
}

// globals are what the image sets by itself.
func (n *Nginx) globals() string {
	g := "daemon off; pid " + filepath.Join(n.dir, "pid") + ";"
	if os.Getuid() == 0 {
		g += " user root;" // the folder of a test is its owner's alone
	}
	return g
}

func (n *Nginx) ready() bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", n.Addr); err == nil {
			_ = c.Close()
			return true
		}
		select {
		case <-n.exited:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

func (n *Nginx) stop() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // the master ends its workers
	select {
	case <-n.exited:
	case <-time.After(patience):
		n.tb.Error("nginx does not stop")
		_ = n.cmd.Process.Kill()
		<-n.exited
	}
	if n.tb.Failed() {
		n.tb.Logf("nginx: %s", n.stderr.String())
	}
}

// RenderNginx fills in the ${ROLLCALL_…} of deploy/nginx.conf, as envsubst does
// in the image; one without a value fails.
func RenderNginx(tb testing.TB, vars map[string]string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(Root(tb), "deploy", "nginx.conf"))
	if err != nil {
		tb.Fatal(err)
	}
	return nginxVar.ReplaceAllStringFunc(string(text), func(v string) string {
		value, ok := vars[v[2:len(v)-1]]
		if !ok {
			tb.Fatalf("deploy/nginx.conf: %s has no value", v)
		}
		return value
	})
}

var nginxVar = regexp.MustCompile(`\$\{ROLLCALL_[A-Z_]+\}`)

// From is an HTTP client whose connections come from an address of loopback,
// as 127.0.0.2, so that limits by address can tell it from others.
func From(tb testing.TB, ip string) *http.Client {
	tb.Helper()
	addr := net.ParseIP(ip)
	if addr == nil {
		tb.Fatal(fmt.Errorf("%q is no address", ip))
	}
	t := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: addr}}).DialContext}
	tb.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t, Timeout: patience}
}

// Reload makes nginx read its file again, as a deployment does: old workers end
// when their connections have.
func (n *Nginx) Reload() {
	n.tb.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		n.tb.Errorf("nginx: %v", err)
	}
}
