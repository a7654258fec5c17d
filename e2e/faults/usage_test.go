package faults_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rollcall/client"
)

// usage is what a process holds.
type usage struct {
	goroutines, files int
	bytes             float64
}

// What a process may hold more than when it began, once everybody has gone:
// warm pools and replicas, never something for each fault or session.
const (
	moreGoroutines = 40
	moreFiles      = 40
	perServer      = 16        // files: pools of go-redis keep some connections to each server
	moreBytes      = 192 << 20 // with the race detector, and before Go gives back
)

// measure notes the node's id and what it holds before anybody comes.
func (n *node) measure() {
	id, base := "", usage{}
	complaint := until(patience, func() string {
		c, err := client.Dial(n.world.t.Context(), n.hub.URL, client.Token(n.world.admin))
		if err != nil {
			return err.Error()
		}
		id = c.Session().Node
		_ = c.Close()
		base, err = n.usage()
		if err != nil {
			return err.Error()
		}
		return ""
	})
	if complaint != "" {
		n.world.complain("serve", "node %d after its start: %s", n.index, complaint)
	}
	n.world.mu.Lock()
	defer n.world.mu.Unlock()
	n.id, n.base = id, base
}

func (n *node) usage() (u usage, err error) {
	req, err := http.NewRequest(http.MethodGet, n.hub.URL+"/metrics", nil)
	if err != nil {
		return u, err
	}
	req.Header.Set("Authorization", "Bearer "+n.world.admin)
	res, err := n.world.http.Do(req)
	if err != nil {
		return u, err
	}
	defer func() { _ = res.Body.Close() }()
	found := 0
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		found++
		switch name {
		case "go_goroutines":
			u.goroutines = int(number)
		case "process_open_fds":
			u.files = int(number)
		case "process_resident_memory_bytes":
			u.bytes = number
		default:
			found--
		}
	}
	if found != 3 {
		return u, fmt.Errorf("/metrics of node %d (%s) has %d of 3 values", n.index, res.Status, found)
	}
	return u, nil
}

// judgeUsage waits until every node holds what it held before anybody came.
func (w *world) judgeUsage() {
	for _, n := range w.nodes {
		complaint := until(w.bound, func() string {
			now, err := n.usage()
			if err != nil {
				return err.Error()
			}
			w.mu.Lock()
			base := n.base
			w.mu.Unlock()
			if now.goroutines > base.goroutines+moreGoroutines || now.files > base.files+moreFiles+perServer*w.servers() || now.bytes > base.bytes+moreBytes {
				return fmt.Sprintf("node %d began with %+v and holds %+v when everybody has gone", n.index, base, now)
			}
			time.Sleep(100 * ms)
			return ""
		})
		if complaint != "" {
			w.complain("usage", "%s", complaint)
		}
	}
}

// servers is how many Redis servers there are.
func (w *world) servers() int {
	if w.redis == nil {
		return 1
	}
	return len(w.redis.Servers)
}
